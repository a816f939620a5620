#include "sense/pss_reader.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/thread.h"
#include "sense/proc_files.h"

namespace spillway {
namespace {

constexpr int kRestFactor = 20;  // rest that many times as long as was worked: 5 % of a processor

struct Item {
  std::shared_ptr<const UniqueFd> file;
  std::optional<Bytes> pss;
  TimePoint not_before;
  bool ordered = false;   // wanted again
  bool measured = false;  // at least once, though it may have failed
};

std::optional<Bytes> read_pss(int fd) {
  std::array<char, 4096> text;
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  if (n <= 0) return std::nullopt;
  const auto pss = parse_smaps_rollup({text.data(), static_cast<std::size_t>(n)});
  return pss ? std::optional(*pss) : std::nullopt;
}

}  // namespace

struct PssReader::State {
  std::mutex mutex;
  std::condition_variable ordered;   // for the thread
  std::condition_variable measured;  // for the caller
  std::map<ProcessKey, Item> items;
  bool stop = false;
  bool finished = false;

  /// The ordered item that may be read soonest.
  std::map<ProcessKey, Item>::iterator next() {
    auto best = items.end();
    for (auto item = items.begin(); item != items.end(); ++item) {
      if (!item->second.ordered) continue;
      if (best == items.end() || item->second.not_before < best->second.not_before) best = item;
    }
    return best;
  }
};

void PssReader::run(const std::shared_ptr<State>& state) {
  const SystemClock clock;
  std::unique_lock lock(state->mutex);
  while (!state->stop) {
    const auto next = state->next();
    if (next == state->items.end()) {
      state->ordered.wait(lock);
      continue;
    }
    const TimePoint begin = clock.now();
    if (next->second.not_before > begin) {
      state->ordered.wait_for(lock, next->second.not_before - begin);
      continue;
    }
    const ProcessKey key = next->first;
    const auto file = next->second.file;
    lock.unlock();
    const auto pss = read_pss(file->get());
    const TimePoint end = clock.now();
    lock.lock();
    const auto item = state->items.find(key);
    if (item == state->items.end()) continue;  // forgotten meanwhile
    item->second.pss = pss;
    item->second.measured = true;
    item->second.ordered = false;
    const auto sharers = static_cast<int>(state->items.size());
    item->second.not_before = end + kRestFactor * sharers * (end - begin);
    state->measured.notify_all();
  }
  state->finished = true;
  state->measured.notify_all();
}

std::vector<std::optional<Bytes>> PssReader::measure(std::span<const Job> jobs, Duration patience) {
  if (!state_) {
    if (jobs.empty()) return {};
    const auto state = std::make_shared<State>();
    auto thread = start_thread([state] { run(state); });
    if (!thread) return std::vector<std::optional<Bytes>>(jobs.size());
    thread_ = *std::move(thread);
    state_ = state;
  }
  std::unique_lock lock(state_->mutex);
  std::map<ProcessKey, Item> wanted;
  for (const Job& job : jobs) {
    auto known = state_->items.extract(job.key);
    Item item = known ? std::move(known.mapped()) : Item{};
    item.file = job.smaps_rollup;
    item.ordered = true;
    wanted.emplace(job.key, std::move(item));
  }
  state_->items = std::move(wanted);
  state_->ordered.notify_one();
  state_->measured.wait_for(lock, patience, [&] {
    return std::all_of(state_->items.begin(), state_->items.end(),
                       [](const auto& item) { return item.second.measured; });
  });
  std::vector<std::optional<Bytes>> results;
  for (const Job& job : jobs) results.push_back(state_->items.at(job.key).pss);
  return results;
}

PssReader::~PssReader() {
  if (!state_) return;
  std::unique_lock lock(state_->mutex);
  state_->stop = true;
  state_->ordered.notify_one();
  const bool ended = state_->measured.wait_for(lock, 50ms, [&] { return state_->finished; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

}  // namespace spillway
