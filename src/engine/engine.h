#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "act/action.h"
#include "base/clock.h"
#include "model/event.h"
#include "model/policy.h"
#include "model/status.h"
#include "port/sys_root.h"
#include "sense/sensor.h"

namespace spillway {

/// How a demand ended.
struct DemandResult {
  bool met = false;
  Bytes freed;                    // measured in the demanded pool
  Plan plan;                      // of a dry run: what would be done
  std::vector<Step> steps;        // that were taken
  std::vector<Outcome> outcomes;  // theirs, in the same order
  std::vector<Declined> declined;
  std::string why;  // when not met
};

struct EngineParts {
  const Clock* clock = nullptr;
  Policy policy;
  std::vector<std::unique_ptr<Sensor>> sensors;
  std::vector<std::unique_ptr<Action>> actions;
  EventSink* sink = nullptr;  // may be null; outlives the engine
  std::string source = "daemon";
  SysRoot root{};  // where the control groups of tenants are looked up
};

/// The loop body. Owns all state; one thread at a time calls it (the engine's thread), except for
/// post() and wake_fd(). It never blocks: actions run on worker threads with a deadline and their
/// outcomes come back as posts.
class Engine {
 public:
  explicit Engine(EngineParts parts);
  /// Returns within milliseconds even if a callback hangs: stuck threads are detached.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// One round: sense, assess, decide, start steps, take outcomes, record. Returns when to look
  /// again at the latest.
  TimePoint step(TimePoint now);

  /// An eventfd, readable when step() should be called before its time: an outcome or a post waits.
  int wake_fd() const;
  /// The sensors' event sources; when one fires, call noticed() and step().
  std::vector<WakeFd> wake_fds() const;
  /// Look closely for one window from now.
  void noticed(TimePoint now);
  /// Runs `work` on the engine's thread at the start of its next step. Any thread.
  void post(std::function<void(Engine&)> work);

  /// Registers; the id given back is made unique with "#2". A tenant that was known and is not
  /// connected is taken up again under its old id, with what had been taken from it.
  TenantId add(Tenant tenant);
  /// False when there is no such tenant.
  bool update(const TenantId& id, const std::function<void(Tenant&)>& change);
  void remove(const TenantId& id, std::string reason);

  /// Asks for memory or a move; `done` is called on the engine's thread exactly once, also when the
  /// demand's deadline passes or the engine is destroyed.
  std::uint64_t demand(Demand demand, std::function<void(const DemandResult&)> done);

  void set_policy(Policy policy);
  const Policy& policy() const;
  const std::vector<Tenant>& tenants() const;
  /// The latest look, without sensing again; `owners` makes the next look scan the processes.
  StatusReport status(bool owners = false);
  const Assessment& assessment() const;
  const Plan& last_plan() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
