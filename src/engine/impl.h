#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "assess/history.h"
#include "decide/decide.h"
#include "engine/engine.h"
#include "engine/executor.h"
#include "engine/roster.h"
#include "port/cgroup_fs.h"

namespace spillway {

/// The engine's state, and one round cut into its parts: look() in engine.cpp, steps in steps.cpp,
/// demands in demands.cpp, reports in status.cpp.
struct Engine::Impl {
  explicit Impl(EngineParts given);
  ~Impl();

  // ---- A round.
  TimePoint step(Engine& engine, TimePoint now);
  void run_posts(Engine& engine);
  void adopt_policy(TimePoint now);
  Snapshot sense(TimePoint now, bool owners);
  void look(TimePoint now);
  void collect_offers();
  std::string group_of(const ProcessKey& process);
  void decide_on(TimePoint now);
  void record_levels(const Assessment& previous, TimePoint now);
  void record_frame();
  TimePoint next(TimePoint now) const;
  void record(const Event& event) {
    if (parts.sink) parts.sink->take(event);
  }
  Frame& frame() { return std::get<Frame>(latest); }
  const Frame& frame() const { return std::get<Frame>(latest); }

  // ---- Steps and their outcomes.
  struct Running {
    Step step;
    TimePoint started;
    std::vector<std::pair<PoolId, Bytes>> used_before;
    std::optional<Outcome> outcome;  // ended, waiting for the look that measures it
    TimePoint judged_from;
  };
  void start(Step step, const Tenant& tenant, TimePoint now);
  std::optional<Outcome> launch(const Step& step, const Tenant& tenant, TimePoint now);
  void end(Running& running, Outcome outcome, TimePoint now);
  void take_outcomes(TimePoint now);
  void judge_outcomes(TimePoint now);
  void finish(Running& running, TimePoint now);
  std::vector<PoolChange> measured(const Running& running) const;
  void count(const Step& step, const Outcome& outcome);

  // ---- Demands.
  struct Open {
    Demand demand;
    std::function<void(const DemandResult&)> done;
    DemandResult result;
  };
  std::uint64_t open(Demand demand, std::function<void(const DemandResult&)> done);
  bool is_dry(const Step& step) const;
  void settle_demands();
  void book(const Step& step, const Outcome& outcome);
  void close(std::uint64_t id, bool met, std::string why);
  void answer_closed();

  // ---- Tenants and reports.
  bool update(const TenantId& id, const std::function<void(Tenant&)>& change);
  void drop(const TenantId& id, TenantChanged::What what, std::string reason);
  void tell(TenantChanged::What what, const Tenant& tenant, std::string reason);
  void note(std::string text);
  void note_faults();
  void note_owners();
  void note_kernel_events(TimePoint now);
  StatusReport status() const;

  EngineParts parts;
  std::vector<std::shared_ptr<Action>> actions;  // shared with threads that may outlive this
  std::vector<Capability> capabilities;          // of the actions; sensors are asked anew each time
  std::optional<Policy> next_policy;

  const std::shared_ptr<WakeEvent> wake = std::make_shared<WakeEvent>();
  std::mutex posts_mutex;
  std::vector<std::function<void(Engine&)>> posts;

  Event latest = Frame{};  // the latest look: the engine's own copy is what is recorded
  History history;
  LadderState ladder;
  Roster roster;
  std::vector<Running> running;
  std::map<std::uint64_t, Open> demands;  // frame().demands has the open ones for decide
  std::vector<Open> closed;
  std::uint64_t next_demand = 1;

  TimePoint started;
  std::optional<TimePoint> event_until, recent_until;
  bool event_told = true;  // the first look reads everything
  bool owners_wanted = false;
  bool report_owners = false;          // a level rose: the next owners go into the records
  std::vector<ProcessReading> owners;  // of the latest scan
  std::set<std::string> faulty;
  std::optional<Result<CgroupFs>> cgroups;  // located when the first process registers
  Counters counters;
  std::optional<std::uint64_t> oom_kills_before;

  Executor executor{wake};
};

}  // namespace spillway
