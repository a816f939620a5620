#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/support/simulator.h"

namespace spillway {
namespace {

using testing::Program;
using testing::Simulator;

/// A machine of random tenants under random loads, with liars, laggards, throwers and hangers.
class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) {
    sim_.policy.ladder.allow_stop = chance(0.5);
    for (const char* pool : {"vram:0", "vram:1"}) sim_.add_pool({pool}, 24_GiB);
    sim_.add_pool(kRam, 64_GiB);
    const int count = std::uniform_int_distribution(1, 12)(random_);
    for (int i = 0; i < count; ++i) add_tenant("t" + std::to_string(i));
    sim_.load = [this](const PoolId& pool, Duration) { return load_[pool]; };
    sim_.on_start = [this](const Step& step) { check(step); };
  }

  void run(int ticks) {
    for (int i = 0; i < ticks && !::testing::Test::HasFatalFailure(); ++i) {
      if (i % 40 == 0) disturb();
      sim_.run(50ms);
      ASSERT_LE(sim_.plan.declined.size(), 64);
      ASSERT_LE(sim_.state.flights.size(), sim_.tenants.size());
    }
  }

  /// Calm and everybody well-behaved again: after the longest pause all of it must be back.
  void expect_recovery() {
    sim_.unreadable.clear();
    sim_.demands.clear();
    for (auto& [pool, bytes] : load_) bytes = {};
    for (const Tenant& tenant : sim_.tenants) {
      Program& program = sim_.program(tenant.id.text);
      program.hangs = program.fails = false;
      program.growth = 0;
    }
    sim_.policy.defaults.restore_below = 0.75;
    sim_.run(40min, 1s);
    EXPECT_TRUE(sim_.state.flights.empty());
    EXPECT_TRUE(sim_.state.arrivals.empty());
    for (const Tenant& tenant : sim_.tenants) {
      const auto memory = sim_.state.tenants.find(tenant.id);
      const bool kept_away = memory != sim_.state.tenants.end() && memory->second.kept_away;
      if (kept_away || tenant.taken.empty()) continue;
      // What is left does not fit: the reason is given, and true.
      const Taken& taken = tenant.taken.front();
      const PoolId home = sim_.program(tenant.id.text).home;
      EXPECT_GT(sim_.used(home) - taken.changes.front().delta,
                scaled(sim_.assessment.find(home)->total.value(), 0.73))
          << tenant.id.text;
    }
  }

 private:
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  Bytes between(Bytes low, Bytes high) {
    return {std::uniform_int_distribution(low.count, high.count)(random_)};
  }

  void add_tenant(const std::string& id) {
    Program program{.home = {chance(0.5) ? "vram:0" : "vram:1"}, .model = between(100_MiB, 4_GiB)};
    if (chance(0.5)) program.cache = between(1_MiB, 1_GiB);
    if (chance(0.3)) program.small = scaled(program.model, 0.5);
    if (chance(0.7)) program.away = kRam;
    program.can_unload = chance(0.3);
    program.can_freeze = chance(0.4);
    program.can_preserve = chance(0.5);
    program.can_stop = chance(0.2);
    program.late = chance(0.3) ? 1s * std::uniform_int_distribution(1, 12)(random_) : 0s;
    program.honesty = chance(0.2) ? 0.0 : 1.0;
    program.hangs = chance(0.05);
    program.fails = chance(0.1);
    Tenant& tenant = sim_.add(id, program);
    tenant.priority = std::uniform_int_distribution(-2, 2)(random_);
    tenant.pinned = chance(0.2);
  }

  void disturb() {
    for (const char* pool : {"vram:0", "vram:1"}) {
      if (chance(0.3)) load_[{pool}] = between(0_GiB, 24_GiB);
    }
    if (chance(0.2)) load_[kRam] = between(0_GiB, 50_GiB);
    sim_.unreadable.clear();
    if (chance(0.05)) sim_.unreadable.push_back(PoolId{"vram:0"});
    for (Tenant& tenant : sim_.tenants) {
      tenant.busy = chance(0.3);
      if (tenant.busy) tenant.last_used = sim_.now;
    }
    if (!chance(0.05)) return;
    Demand demand{.id = ++demands_,
                  .pool = PoolId{"vram:1"},
                  .bytes = between(1_MiB, 5_GiB),
                  .deadline = sim_.now + 30s,
                  .reason = "chance"};
    if (chance(0.5)) demand.tenant = sim_.tenants.front().id;
    if (chance(0.3)) demand.direction = Direction::restore;
    sim_.demands.push_back(demand);
  }

  void check(const Step& step) {
    ASSERT_TRUE(ids_.insert(step.id).second);
    ASSERT_FALSE(step.reason.empty());
    if (step.rung == Rung::notify || step.rung == Rung::refuse) return;
    const Tenant& tenant = sim_.tenant(step.tenant.text);
    int under_way = 0;
    for (const Flight& flight : sim_.state.flights) under_way += flight.tenant == step.tenant;
    ASSERT_EQ(under_way, 1) << "steps on " << step.tenant.text << " overlap";
    ASSERT_EQ(sim_.state.flights.back().step >= step.id, true);
    if (step.direction == Direction::restore) {
      check_fits(step);
      return;
    }
    if (step.rung != Rung::preserve) {
      ASSERT_FALSE(tenant.pinned);
    }
    if (!step.demand) {
      const Level level = sim_.assessment.find(step.pool)->level;
      ASSERT_LE(step.rung, sim_.policy.ladder.highest[index(level)]);
      ASSERT_GT(level, Level::normal);
    } else {
      ASSERT_LE(step.rung, Rung::offload);
    }
    if (step.rung == Rung::stop) {
      ASSERT_TRUE(sim_.policy.ladder.allow_stop && tenant.stop_allowed);
    }
    check_fits(step);
  }

  void check_fits(const Step& step) {
    for (const PoolChange& change : step.estimate) {
      if (change.delta <= Bytes{}) continue;
      const PoolAssessment& pool = *sim_.assessment.find(change.pool);
      ASSERT_FALSE(pool.unknown_since);
      ASSERT_LE(*pool.used + change.delta, scaled(*pool.total, 0.75)) << step.reason;
    }
  }

  Simulator sim_;
  std::mt19937 random_;
  std::map<PoolId, Bytes> load_;
  std::set<std::uint64_t> ids_;
  std::uint64_t demands_ = 0;
};

class Random : public ::testing::TestWithParam<unsigned> {};

TEST_P(Random, NoInvariantBreaksAndEverythingThatFitsComesBack) {
  Chaos chaos(GetParam());
  chaos.run(10'000);
  chaos.expect_recovery();
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, ::testing::Range(1u, 21u));

}  // namespace
}  // namespace spillway
