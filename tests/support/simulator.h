#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "assess/assess.h"
#include "decide/decide.h"

namespace spillway::testing {

inline TimePoint at(Duration since_start) { return TimePoint(1h) + since_start; }

/// What a simulated tenant holds and can do, and how its program behaves.
struct Program {
  PoolId home{"vram:0"};
  Bytes model;    // held at home
  Bytes cache{};  // trimmable, at home too
  Bytes small{};  // what it can shrink to; zero: cannot
  PoolId away{};  // where it can be offloaded to; empty: cannot
  bool can_unload = false, can_freeze = false, can_stop = false, can_preserve = false;
  Duration takes = 100ms;  // each measure
  Duration late{};         // what is freed shows this much after the measure has ended
  double honesty = 1;      // share of the claimed bytes that is really freed
  bool hangs = false, fails = false;
  double growth = 0;  // bytes per second at home, unless frozen
};

/// A closed loop in fake time: pools and tenants, looked at, assessed and decided every tick; steps
/// take their time and change the pools as their programs do it. What is measured is the difference
/// of two looks, so growth and late arrivals blur it, as in life.
class Simulator {
 public:
  explicit Simulator(Policy simulated_policy = {}) : policy(std::move(simulated_policy)) {}

  void add_pool(const PoolId& pool, Bytes capacity) { pools_[pool].capacity = capacity; }
  Tenant& add(const std::string& id, const Program& program);
  /// What others hold in the pool, as a function of the time since the start. Default: nothing.
  std::function<Bytes(const PoolId&, Duration)> load = [](const PoolId&, Duration) {
    return Bytes{};
  };
  /// Called with every step as it starts, before anything moves.
  std::function<void(const Step&)> on_start = [](const Step&) {};

  void run(Duration time, Duration tick = 50ms) {
    for (const TimePoint end = now + time; now < end; now += tick) look();
  }
  void look();

  Bytes used(const PoolId& pool) const;
  double share(const PoolId& pool) const { return ratio(used(pool), pools_.at(pool).capacity); }
  Tenant& tenant(const std::string& id);
  Program& program(const std::string& id) { return programs_.at(TenantId{id}); }
  /// Steps that were started, notices apart.
  std::vector<Step> steps(Direction direction) const;
  std::size_t notices(const std::string& detail = {}) const;
  bool everything_restored() const;
  std::vector<Offer> offers() const;

  Policy policy;
  TimePoint now = at(0s);
  std::vector<Tenant> tenants;                 // ascending by id
  std::vector<Demand> demands;                 // ended ones are taken out
  std::map<std::uint64_t, std::string> ended;  // demands: "" when met, else why not
  std::vector<PoolId> unreadable;
  History history;
  LadderState state;
  Assessment assessment;
  Plan plan;
  std::vector<Step> started;

 private:
  struct Pool {
    Bytes capacity, held;
  };
  struct Running {
    Step step;
    TimePoint until;
    std::map<PoolId, Bytes> before;
  };
  struct Change {
    TimePoint at;
    PoolId pool;
    Bytes delta;
  };
  void sense();
  void grow();
  Outcome finish(const Step& step);
  Outcome give(const Step& step, Tenant& who);
  Outcome take_back(const Step& step, Tenant& who);
  void move(Tenant& who, const PoolId& pool, Bytes delta, double honesty, Duration late);

  std::map<PoolId, Pool> pools_;
  std::map<TenantId, Program> programs_;
  std::vector<Running> running_;
  std::vector<Change> coming_;
  TimePoint grown_ = at(0s);
};

}  // namespace spillway::testing
