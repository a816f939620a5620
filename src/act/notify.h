#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "act/action.h"
#include "base/clock.h"

namespace spillway {

struct NotifyOptions {
  std::vector<std::string> command;  // program and arguments; empty: none is run
  Duration deadline = 5s;            // then it is killed, with what it started
  Duration at_most_every = 10s;      // per pool, unless the level is higher than the last told
};

/// Tells a person: runs an administrator's command at a level change, beside the log. The command is
/// run without a shell, in a process group of its own, stdin and stdout being /dev/null. In its
/// arguments {pool}, {level}, {reason}, {used}, {total} and {excess} are replaced; the same is in
/// its environment as SPILLWAY_POOL, SPILLWAY_LEVEL, SPILLWAY_REASON, SPILLWAY_USED_BYTES,
/// SPILLWAY_TOTAL_BYTES and SPILLWAY_EXCESS_BYTES. What is unknown is empty.
class NotifyAction final : public Action {
 public:
  explicit NotifyAction(NotifyOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "notify"; }
  Capability capability() const override;
  /// None: a notice is about a pool, not about a tenant.
  void offers(const Snapshot&, const Tenant&, std::vector<Offer>&) const override {}
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  struct Told {
    Level level;
    TimePoint at;
  };
  /// Also remembers that it was told.
  bool too_soon(const Step& step);

  const NotifyOptions options_;
  const SystemClock clock_;
  std::mutex mutex_;
  std::map<PoolId, Told> told_;
};

}  // namespace spillway
