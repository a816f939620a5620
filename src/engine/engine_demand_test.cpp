#include <gmock/gmock.h>

#include <future>

#include "act/preserve_store.h"
#include "engine/engine_rig_test.h"
#include "port/process_handle.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Demands : public EngineRig {
 protected:
  std::uint64_t ask(Demand demand) {
    if (demand.deadline == TimePoint{}) demand.deadline = now() + 30s;
    return engine().demand(std::move(demand),
                           [this](const DemandResult& result) { results_.push_back(result); });
  }
  void settle_in(int models) {
    for (int i = 0; i < models; ++i) engine().add(model("m" + std::to_string(i), 1_GiB));
    live(3s);
  }

  std::vector<DemandResult> results_;
};

TEST_F(Demands, BytesAreFreedAtAnyLevelAndCounted) {
  settle_in(3);
  ask({.pool = kRam, .bytes = 1500_MiB});
  live(2s);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(results_[0].met) << results_[0].why;
  EXPECT_EQ(results_[0].freed, 2_GiB);
  EXPECT_EQ(results_[0].steps.size(), 2u);
  ASSERT_EQ(results_[0].outcomes.size(), 2u);
  EXPECT_EQ(results_[0].outcomes[1].status, StepStatus::done);
  EXPECT_EQ(machine_.used(kRam), 1_GiB);
}

TEST_F(Demands, DryRunShowsTheSamePlanAndTouchesNobody) {
  settle_in(3);
  ask({.pool = kRam, .bytes = 1500_MiB, .dry_run = true});
  step();
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(results_[0].met) << results_[0].why;
  const auto foretold = results_[0].plan.steps;
  EXPECT_THAT(guests_->words(), IsEmpty());
  EXPECT_EQ(engine().status().counters.steps, 0u);

  ask({.pool = kRam, .bytes = 1500_MiB});
  live(2s);
  ASSERT_EQ(results_.size(), 2u);
  ASSERT_EQ(foretold.size(), results_[1].steps.size());
  for (std::size_t i = 0; i < foretold.size(); ++i) {
    EXPECT_EQ(foretold[i].tenant, results_[1].steps[i].tenant);
    EXPECT_EQ(foretold[i].rung, results_[1].steps[i].rung);
  }
}

TEST_F(Demands, TenantIsMovedByNameAndBroughtBackByName) {
  settle_in(2);
  ask({.tenant = TenantId{"m1"}});
  live(2s);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(results_[0].met) << results_[0].why;
  EXPECT_THAT(guests_->words(), ElementsAre("offload m1 disk"));
  live(60s);
  EXPECT_EQ(guests_->words().size(), 1u);  // moved by a person: stays until a person says so
  ask({.direction = Direction::restore, .tenant = TenantId{"m1"}});
  live(2s);
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_TRUE(results_[1].met) << results_[1].why;
  EXPECT_THAT(guests_->words(), ElementsAre("offload m1 disk", "restore m1 full"));
}

TEST_F(Demands, WhatCannotBeIsRefusedWithTheReason) {
  settle_in(1);
  ask({.tenant = TenantId{"nobody"}});
  ask({.pool = PoolId{"vram:none"}, .bytes = 1_GiB});
  ask({.pool = kRam, .bytes = 50_GiB});
  live(2s);
  ASSERT_EQ(results_.size(), 3u);
  for (const DemandResult& result : results_) EXPECT_FALSE(result.met);
  EXPECT_THAT(results_[0].why, HasSubstr("nobody"));
  EXPECT_THAT(results_[1].why, HasSubstr("vram:none"));
  EXPECT_THAT(results_[2].why, HasSubstr("nothing is left"));
}

TEST_F(Demands, DeadlineEndsAWaitForAHungProgram) {
  settle_in(1);
  std::promise<void> release;
  guests_->set("m0", [gate = release.get_future().share()](const GuestRequest&) {
    gate.wait();
    return GuestReply{};
  });
  hanging_ = {"m0"};
  const TimePoint begin = now();
  ask({.pool = kRam, .bytes = 1_GiB, .deadline = now() + 1s});
  while (results_.empty() && now() - begin < 5s) live(100ms);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_FALSE(results_[0].met);
  EXPECT_THAT(results_[0].why, HasSubstr("not within the time given"));
  EXPECT_LE(now() - begin, 1100ms);
  stop();
  release.set_value();
}

TEST_F(Demands, AnsweredOnceEvenWhenTheEngineGoes) {
  settle_in(1);
  ask({.pool = kRam, .bytes = 1_GiB});
  stop();
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_FALSE(results_[0].met);
  EXPECT_THAT(results_[0].why, HasSubstr("stopping"));
}

TEST_F(Demands, WhoDeclaresNothingIsMeasuredBeforeItIsDecided) {
  const auto self = ProcessHandle::open(::getpid());
  ASSERT_TRUE(self);
  const ProcessKey key{::getpid(), self->start_ticks()};
  machine_.hold({.key = key, .name = "cold", .pss = 1_GiB});
  engine().add({.id = {"cold"}, .process = key});
  step();
  EXPECT_EQ(engine().tenants()[0].held_in(kRam), 0_B);  // nobody has asked
  ask({.pool = kRam, .bytes = 512_MiB});
  step();
  EXPECT_EQ(engine().tenants()[0].held_in(kRam), 1_GiB);
}

TEST_F(Demands, AnswerMayAskAgain) {
  settle_in(2);
  int answers = 0;
  engine().demand({.pool = kRam, .bytes = 1_GiB, .deadline = now() + 30s},
                  [&](const DemandResult& first) {
                    EXPECT_TRUE(first.met);
                    ++answers;
                    ask({.pool = kRam, .bytes = 1_GiB});
                  });
  live(3s);
  EXPECT_EQ(answers, 1);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(results_[0].met) << results_[0].why;
}

TEST_F(Demands, UnderADryRunPolicyNothingIsFreedAndNothingIsClaimed) {
  policy_.dry_run = true;
  settle_in(1);
  ask({.pool = kRam, .bytes = 1_GiB});
  live(3s);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].freed, 0_B);
  EXPECT_THAT(guests_->words(), IsEmpty());
}

/// A freeze that only writes down what it was told.
class FakeFreeze final : public Action {
 public:
  explicit FakeFreeze(std::shared_ptr<std::promise<Step>> told) : told_(std::move(told)) {}
  std::string_view name() const override { return "freeze"; }
  Capability capability() const override { return {"freeze", true, ""}; }
  void offers(const Snapshot&, const Tenant&, std::vector<Offer>&) const override {}
  Outcome run(const Step& step, const Tenant&, TimePoint) override {
    told_->set_value(step);
    return {.step = step.id};
  }

 private:
  std::shared_ptr<std::promise<Step>> told_;
};

TEST_F(Demands, TenantThatLeavesIsNotLeftFrozen) {
  auto told = std::make_shared<std::promise<Step>>();
  actions_.push_back(std::make_unique<FakeFreeze>(told));
  engine().add(model("m", 1_GiB));
  engine().update({"m"}, [](Tenant& tenant) {
    tenant.taken = {{Rung::freeze, "freeze", "SIGSTOP", {}, {}}};
  });
  engine().remove({"m"}, "unregistered");
  const Step step = told->get_future().get();
  EXPECT_EQ(step.direction, Direction::restore);
  EXPECT_EQ(step.tenant.text, "m");
}

TEST_F(Demands, ShutdownPreservesEverybodyAndRefusesNewWork) {
  const support::TempDir dir;
  const auto store =
      std::make_shared<PreserveStore>(PreserveStore::Options{.directory = dir / "kept"});
  const auto refusals = std::make_shared<Refusals>();
  actions_.push_back(std::make_unique<PreserveAction>(guests_, store));
  actions_.push_back(std::make_unique<RefuseAction>(refusals));
  for (const char* name : {"stt", "llm"}) {
    Tenant tenant;
    tenant.id = {name};
    tenant.abilities.preserve = true;
    tenant.pinned = true;
    engine().add(tenant);
    guests_->set(name, [name](const GuestRequest& request) -> Result<GuestReply> {
      return GuestReply{.data = request.verb == "preserve" ? std::string(name) + "'s state" : ""};
    });
  }
  machine_.set(kRam, 10'200_MiB, 10_GiB);
  live(1s);
  EXPECT_EQ(engine().assessment().level, Level::shutdown);
  EXPECT_EQ(store->get("stt")->value().data, "stt's state");
  EXPECT_EQ(store->get("llm")->value().data, "llm's state");
  EXPECT_TRUE(refusals->refused(kRam));
  machine_.set(kRam, 3_GiB, 10_GiB);
  live(5s);
  EXPECT_FALSE(refusals->refused(kRam));
}

}  // namespace
}  // namespace spillway
