#include "record/ring.h"

#include <algorithm>
#include <iterator>

#include "json/codec.h"

namespace spillway {
namespace {

Bytes cost(const EventRing::Entry& entry) {
  return {static_cast<std::int64_t>(sizeof(entry) + entry.text.size())};
}

}  // namespace

EventRing::EventRing(Bytes capacity, FrameRules rules)
    : half_capacity_{capacity.count / 2}, lines_(rules) {}

void EventRing::Half::push(Entry entry, Bytes capacity) {
  size += cost(entry);
  entries.push_back(std::move(entry));
  while (size > capacity && !entries.empty()) {
    size -= cost(entries.front());
    entries.pop_front();
  }
}

void EventRing::take(const Event& event) {
  auto line = lines_.line(event);
  if (!line) return;
  line->shrink_to_fit();
  Half& half = std::holds_alternative<Frame>(event) ? frames_ : others_;
  half.push({++last_, std::move(*line)}, half_capacity_);
}

std::vector<EventRing::Entry> EventRing::since(std::uint64_t sequence) const {
  std::vector<Entry> entries;
  const auto before = [](const Entry& a, const Entry& b) { return a.sequence < b.sequence; };
  std::merge(frames_.entries.begin(), frames_.entries.end(), others_.entries.begin(),
             others_.entries.end(), std::back_inserter(entries), before);
  std::erase_if(entries, [&](const Entry& entry) { return entry.sequence <= sequence; });
  return entries;
}

std::vector<Event> EventRing::events() const {
  std::vector<Event> events;
  for (const Entry& entry : since(0)) {
    if (auto event = from_text<Event>(entry.text)) events.push_back(std::move(*event));
  }
  return events;
}

}  // namespace spillway
