#include "doctor/explain/journal_lines.h"

#include <algorithm>
#include <variant>

#include "base/clock.h"
#include "doctor/lines/scan.h"
#include "json/codec.h"
#include "model/event.h"

namespace spillway::doctor {
namespace {
constexpr std::size_t kMostPools = 32;
/// Before this many frames every one counts: a short journal is plotted as it is.
constexpr std::size_t kFew = 64;
}  // namespace

std::vector<JournalLines::Message> JournalLines::take(std::string_view line) {
  since_ += line.size();
  // {"events":[{"kind":"oom_kill",...}]} of a snapshot: only then there is something to read in it.
  const bool tells =
      has(line, "\"oom_kill\",\"") || has(line, "\"cgroup_oom\"") || has(line, "\"xid\"");
  if (!tells && parsed_ >= kFew && since_ < kBetween) return {};
  since_ = 0;
  ++parsed_;
  const auto event = from_text<Event>(line);
  const auto* frame = event ? std::get_if<Frame>(&*event) : nullptr;
  if (frame == nullptr) return {};
  const Snapshot& look = frame->snapshot;
  const double at = static_cast<double>(look.wall.unix_ns) * 1e-9;
  const Stamp stamp{Stamp::Line::wall, at, to_rfc3339(look.wall)};
  for (const PoolReading& pool : look.pools) {
    if (!pool.used || !pool.total) continue;
    auto known = std::find_if(series_.begin(), series_.end(),
                              [&](const Series& s) { return s.pool() == pool.pool.text; });
    if (known == series_.end()) {
      if (series_.size() >= kMostPools) continue;
      known = series_.insert(known, Series(pool.pool.text));
    }
    known->add(at, *pool.used, *pool.total);
  }
  std::vector<Message> messages;
  for (const KernelEvent& said : look.events) messages.push_back({said.text, stamp});
  return messages;
}

}  // namespace spillway::doctor
