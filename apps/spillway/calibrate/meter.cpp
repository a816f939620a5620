#include "calibrate/meter.h"

#include <algorithm>

#include "base/clock.h"
#include "calibrate/process_tree.h"

namespace spillway {
namespace {

constexpr std::size_t kGpuLooks = 16;  // open files are looked through at every so many looks

}  // namespace

Meter::Meter(pid_t root, DeviceUses uses, Pace pace)
    : root_(root), uses_(std::move(uses)), pace_(pace), thread_([this] { run(); }) {}

Meter::~Meter() { stop(); }

Peak Meter::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

Peak Meter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
  return peak();
}

void Meter::run() {
  const SystemClock clock;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const TimePoint begin = clock.now();
    look();
    const Duration cost = clock.now() - begin;
    lock.lock();
    const Duration pause =
        std::max(uses_ ? pace_.device : pace_.ram, cost * (pace_.part_of_core - 1));
    stopped_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

void Meter::look() {
  const std::vector<pid_t> tree = processes_below(root_);
  Peak seen = peak();
  Bytes now;
  bool shared_twice = false;
  if (uses_) {
    const auto uses = uses_();
    if (!uses) return;
    for (const DeviceUse& use : *uses) {
      if (std::binary_search(tree.begin(), tree.end(), use.pid)) now += use.bytes;
    }
  } else {
    now = ram_of(tree, seen.bytes, shared_twice);
    if (seen.looks % kGpuLooks == 0) {
      seen.gpu_open = seen.gpu_open || std::any_of(tree.begin(), tree.end(), has_gpu_open);
    }
  }
  ++seen.looks;
  if (now > seen.bytes) {
    seen.bytes = now;
    seen.processes = tree.size();
    seen.shared_twice = shared_twice;
  }
  const std::lock_guard lock(mutex_);
  peak_ = seen;
}

/// PSS is dear and never more than RSS, so it is read only where a new peak is possible.
Bytes Meter::ram_of(const std::vector<pid_t>& tree, Bytes highest, bool& shared_twice) const {
  Bytes rss;
  for (const pid_t process : tree) rss += rss_of(process).value_or(Bytes{});
  if (tree.size() < 2 || rss <= highest) return rss;
  Bytes pss;
  for (const pid_t process : tree) {
    const auto share = pss_of(process);
    shared_twice = shared_twice || !share;
    pss += share ? *share : rss_of(process).value_or(Bytes{});
  }
  return pss;
}

}  // namespace spillway
