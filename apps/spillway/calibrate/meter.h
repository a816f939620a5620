#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "model/reading.h"

namespace spillway {

/// What was seen of a tree of processes.
struct Peak {
  Bytes bytes;
  std::size_t looks = 0;
  std::size_t processes = 0;  // at the peak
  bool gpu_open = false;      // one of them had a GPU open
  bool shared_twice = false;  // pages that several of them share could not be told apart
};

/// What processes hold on devices, by the daemon. Called on the meter's thread; may block.
using DeviceUses = std::function<Result<std::vector<DeviceUse>>()>;

/// How often to look: at least so long between two looks, and no more than one in so many parts of a
/// core.
struct Pace {
  Duration ram = 5ms;
  Duration device = 50ms;  // the daemon does not look more often either
  int part_of_core = 20;
};

/// Measures all processes below one, again and again, on a thread of its own: what they have in RAM (one process: RSS; several: PSS), or where device uses are
/// handed in what they hold there. A peak between two looks is missed.
class Meter {
 public:
  explicit Meter(pid_t root, DeviceUses uses = {}, Pace pace = {});
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  Peak peak() const;
  /// The last look is over when it returns.
  Peak stop();

 private:
  void run();
  void look();
  Bytes ram_of(const std::vector<pid_t>& tree, Bytes highest, bool& shared_twice) const;

  const pid_t root_;
  const DeviceUses uses_;
  const Pace pace_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Peak peak_;
  std::thread thread_;
};

}  // namespace spillway
