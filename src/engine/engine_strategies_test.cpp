// The ways to give memory, each alone and all in their order, on fake time.

#include <gmock/gmock.h>

#include "act/moves.h"
#include "engine/engine_rig_test.h"
#include "port/process_handle.h"

namespace spillway {
namespace {

using testing::ElementsAre;

/// Freezes nobody, but says so: the real one has tests of its own.
class NotedFreeze final : public Action {
 public:
  std::string_view name() const override { return "freeze"; }
  Capability capability() const override { return {"freeze", true, "noted"}; }
  void offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const override {
    if (!tenant.process || is_taken(tenant, Rung::freeze)) return;
    out.push_back({.tenant = tenant.id, .action = "freeze", .rung = Rung::freeze});
  }
  Outcome run(const Step& step, const Tenant&, TimePoint) override {
    return {.step = step.id, .status = StepStatus::done};
  }
};

struct Strategy {
  const char* name;
  bool Abilities::*ability;  // none: it can only be frozen
  std::vector<std::string> steps;
};

class Strategies : public EngineRig, public testing::WithParamInterface<Strategy> {
 protected:
  Strategies() { actions_.push_back(std::make_unique<NotedFreeze>()); }

  /// Gives 1 GiB in the way it can, and takes it again.
  void add(const std::string& name, bool Abilities::*ability) {
    Tenant tenant;
    tenant.id = {name};
    tenant.variants = {{"full", {{kRam, 1_GiB}}}, {"small", {}}};
    tenant.variant = "full";
    tenant.holds = {{kRam, 1_GiB}};
    if (ability == nullptr) {
      tenant.process = ProcessKey{getpid(), ProcessHandle::open(getpid())->start_ticks()};
    } else {
      tenant.abilities.*ability = true;
      tenant.abilities.restore = true;
    }
    if (ability == &Abilities::trim) tenant.trimmable = 1_GiB;
    guests_->set(name, [this](const GuestRequest& request) -> Result<GuestReply> {
      const Bytes delta = request.verb == "restore" ? 1_GiB : -1_GiB;
      machine_.add(kRam, delta);
      return GuestReply{.changes = {{"ram", delta}}, .detail = request.detail};
    });
    engine().add(tenant);
  }
  void press(Bytes free) { machine_.set(kRam, 10_GiB - free, 10_GiB); }
};

TEST_P(Strategies, AloneGivesWhatIsShortOnceAndHasItBack) {
  add("x", GetParam().ability);
  live(40s);
  press(250_MiB);
  live(20s);
  machine_.add(kRam, -6_GiB);
  live(60s);
  EXPECT_EQ(sink_.steps(), GetParam().steps);
  EXPECT_EQ(engine().assessment().level, Level::normal);
  EXPECT_TRUE(engine().tenants().front().taken.empty());
  EXPECT_EQ(engine().status().counters.kills, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Each, Strategies,
    testing::Values(
        Strategy{"Trim", &Abilities::trim, {"done trim x"}},
        Strategy{
            "Unload", &Abilities::unload, {"done unload_idle x", "done restore unload_idle x"}},
        Strategy{"Shrink", &Abilities::shrink, {"done shrink x", "done restore shrink x"}},
        Strategy{"Offload", &Abilities::offload, {"done offload x", "done restore offload x"}},
        Strategy{"Freeze", nullptr, {"done freeze x", "done restore freeze x"}}),
    [](const auto& test) { return std::string(test.param.name); });

using StrategiesInOrder = Strategies;

TEST_F(StrategiesInOrder, TheCheapestToThePersonComesFirst) {
  add("e", nullptr);
  add("d", &Abilities::offload);
  add("c", &Abilities::shrink);
  add("b", &Abilities::unload);
  add("a", &Abilities::trim);
  live(40s);
  for (int i = 0; i < 2000 && machine_.used(kRam) < 9900_MiB; ++i) {
    machine_.add(kRam, 10_MiB);
    live(50ms);
  }
  EXPECT_THAT(sink_.steps(), ElementsAre("done trim a", "done unload_idle b", "done shrink c",
                                         "done offload d", "done freeze e"));
}

}  // namespace
}  // namespace spillway
