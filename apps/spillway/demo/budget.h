#pragma once

#include <sys/types.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"

namespace spillway {

/// Where no memory cgroup can be had: a budget instead of a limit. Adds up what the programs hold
/// (PSS, from smaps_rollup: Documentation/filesystems/proc.rst) and writes "USED CAPACITY" to a file
/// that the guard reads as an injected pool, up to 50 times a second. Nothing enforces it.
class Budget {
 public:
  Budget(std::string file, Bytes capacity);
  ~Budget();

  void members(const std::vector<pid_t>& pids);
  std::optional<Bytes> used() const { return Bytes{used_.load()}; }

 private:
  void run();

  const std::string file_;
  const Bytes capacity_;
  mutable std::mutex mutex_;
  std::vector<pid_t> pids_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace spillway
