#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "demo/timeline.h"
#include "model/event.h"

namespace spillway {

/// What the guard did, added up from its events.
struct Deeds {
  Bytes given_back;  // measured, in the demo's pool
  int steps = 0;
  int failed = 0;
  int restores = 0;
  int stops = 0;                               // programs that the guard itself ended: must stay 0
  std::map<std::string, int> away;             // tenant -> measures in force
  Duration longest_give{}, longest_restore{};  // a request waited so long for a move
};

/// Follows a daemon's events from a thread of its own and tells them to the timeline.
class Follower {
 public:
  static Result<std::unique_ptr<Follower>> start(const std::string& socket, PoolId pool,
                                                 Timeline& timeline);
  ~Follower();
  Deeds deeds() const;

 private:
  Follower(PoolId pool, Timeline& timeline) : pool_(std::move(pool)), timeline_(timeline) {}
  void take(const Event& event);
  void take(const StepEnded& ended);
  void take(const TenantChanged& changed);

  const PoolId pool_;
  Timeline& timeline_;
  mutable std::mutex mutex_;
  Deeds deeds_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace spillway
