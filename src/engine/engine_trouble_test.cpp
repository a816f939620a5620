// Programs that misbehave: the ladder goes on, and nobody else pays.

#include <gmock/gmock.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "engine/engine_rig_test.h"
#include "port/process_handle.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class Trouble : public EngineRig {
 protected:
  Trouble() {
    // Two models of which either is enough; the one of lower priority goes first.
    engine().add(model("good", 1_GiB, 10));
    bad_ = model("bad", 1_GiB, 0);
  }
  void answer(support::FakeGuests::Answer answer) { guests_->set("bad", std::move(answer)); }
  /// Lets "bad" hang until release().
  void hang() {
    answer([gate = release_.get_future().share()](const GuestRequest&) -> Result<GuestReply> {
      gate.wait();
      return GuestReply{.changes = {{"ram", -1_GiB}}};
    });
    hanging_ = {"bad"};
  }
  void press() {
    machine_.set(kRam, 9800_MiB, 10_GiB);
    clock_.advance(10ms);
  }

  Tenant bad_;
  std::promise<void> release_;
};

TEST_F(Trouble, HungCallbackCostsItsDeadlineAndTheLadderGoesOn) {
  engine().add(bad_);
  hang();
  press();
  const TimePoint begin = now();
  live(4s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload bad disk"));
  live(2s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload bad disk", "offload good disk"));
  EXPECT_THAT(sink_.steps(), ElementsAre("timed_out offload bad", "done offload good"));
  for (const StepEnded& ended : sink_.all<StepEnded>()) {
    if (ended.outcome.status == StepStatus::timed_out) {
      EXPECT_GE(ended.at - begin, 5s);
      EXPECT_LE(ended.at - begin, 5500ms);
    }
  }
  ASSERT_EQ(sink_.all<TenantChanged>().back().what, TenantChanged::What::quarantined);

  // It is not asked again, however bad it gets, while that thread is stuck.
  machine_.set(kRam, 9900_MiB, 10_GiB);
  live(90s);
  EXPECT_EQ(guests_->words().size(), 2u);
  EXPECT_EQ(engine().status().counters.steps_failed, 1u);

  // What it did in the end is known, so that it can be given back.
  release_.set_value();
  await();
  EXPECT_TRUE(sink_.noted("came to an end after it had been given up"));
  EXPECT_EQ(engine().tenants().front().id.text, "bad");
  EXPECT_EQ(engine().tenants().front().taken.size(), 1u);
}

TEST_F(Trouble, DestructionWithAHungCallbackReturns) {
  engine().add(bad_);
  hang();
  press();
  step();
  stop();
  release_.set_value();
}

TEST_F(Trouble, ThrowingCallbackCostsNothingMoreThanItself) {
  engine().add(bad_);
  answer([](const GuestRequest&) -> Result<GuestReply> { throw std::runtime_error("oops"); });
  press();
  live(1s);
  EXPECT_THAT(sink_.steps(), ElementsAre("failed offload bad", "done offload good"));
  EXPECT_TRUE(engine().tenants().front().taken.empty());
}

TEST_F(Trouble, LiarIsWaitedForOnceAndThenPassedOver) {
  engine().add(bad_);
  answer([](const GuestRequest&) -> Result<GuestReply> {
    return GuestReply{.changes = {{"ram", Bytes{-(1LL << 50)}}}};
  });
  press();
  live(7s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload bad disk"));
  live(3s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload bad disk", "offload good disk"));
  // What it claims to have given is never more than it held.
  EXPECT_EQ(engine().tenants().front().taken.at(0).changes.at(0).delta, -1_GiB);
}

TEST_F(Trouble, CallbackMayReenterTheEngine) {
  engine().add(bad_);
  answer([this](const GuestRequest&) -> Result<GuestReply> {
    engine().post([this](Engine& inside) {
      inside.update({"bad"}, [](Tenant& tenant) { tenant.priority = 7; });
      inside.add(model("third", 1_MiB));
      inside.post([](Engine& again) { again.remove({"third"}, "changed its mind"); });
      (void)inside.status();
    });
    machine_.add(kRam, -1_GiB);
    return GuestReply{.changes = {{"ram", -1_GiB}}};
  });
  press();
  live(1s);
  EXPECT_THAT(sink_.steps(), ElementsAre("done offload bad"));
  ASSERT_EQ(engine().tenants().size(), 2u);
  EXPECT_EQ(engine().tenants().front().priority, 7);
}

TEST_F(Trouble, TenantThatLeavesInTheMiddleOfAStepIsForgotten) {
  engine().add(bad_);
  answer([this](const GuestRequest&) -> Result<GuestReply> {
    engine().post([](Engine& inside) { inside.remove({"bad"}, "disconnected"); });
    return fail(Errc::unavailable, "connection closed");
  });
  press();
  live(1s);
  EXPECT_THAT(sink_.steps(), ElementsAre("failed offload bad", "done offload good"));
  EXPECT_EQ(engine().tenants().size(), 1u);
}

TEST_F(Trouble, TenantWhoseProcessIsKilledIsLost) {
  Child child(Child::sleep_forever);
  bad_.process = ProcessKey{child.pid(), ProcessHandle::open(child.pid()).value().start_ticks()};
  engine().add(bad_);
  step();
  child.kill(SIGKILL);
  child.reap();
  // The engine's own descriptors tell of it: nobody has to look.
  std::vector<pollfd> fds;
  for (const WakeFd& wake : engine().wake_fds()) fds.push_back({wake.fd, wake.events, 0});
  EXPECT_GT(poll(fds.data(), fds.size(), 10'000), 0);
  step();
  EXPECT_EQ(engine().tenants().size(), 1u);
  const TenantChanged last = sink_.all<TenantChanged>().back();
  EXPECT_EQ(last.what, TenantChanged::What::lost);
  EXPECT_EQ(last.tenant.id.text, "bad");
  press();
  live(1s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload good disk"));
}

TEST_F(Trouble, ReliefThatWouldOverfillAnotherPoolIsDeclined) {
  const PoolId gpu{"vram:GPU-1"};
  machine_.set(gpu, 9800_MiB, 10_GiB);
  machine_.set(kRam, 7_GiB, 10_GiB);
  bad_.variants.clear();
  bad_.holds = {{gpu, 2_GiB}};
  engine().add(bad_);
  live(2s);
  EXPECT_THAT(guests_->words(), Not(Contains("offload bad cpu")));
  bool told = false;
  for (const Declined& declined : engine().last_plan().declined) {
    told |= declined.tenant.text == "bad" && declined.why.find("ram") != std::string::npos;
  }
  EXPECT_TRUE(told);
}

TEST_F(Trouble, TwoPoolsAreRelievedAtTheSameTime) {
  const PoolId first{"vram:GPU-1"}, second{"vram:GPU-2"};
  machine_.set(kRam, 1_GiB, 100_GiB);
  for (const auto& [name, gpu] : {std::pair{"a", first}, std::pair{"b", second}}) {
    machine_.set(gpu, 9800_MiB, 10_GiB);
    Tenant tenant = model(name, 2_GiB);
    tenant.variants.clear();
    tenant.holds = {{gpu, 2_GiB}};
    engine().add(tenant);
    guests_->set(name, [this, gpu = gpu](const GuestRequest&) -> Result<GuestReply> {
      machine_.add(gpu, -2_GiB);
      machine_.add(kRam, 2_GiB);
      return GuestReply{};
    });
  }
  hanging_ = {"a", "b"};
  step();
  EXPECT_EQ(engine().last_plan().steps.size(), 4u);  // a notice and an offload for each
  hanging_.clear();
  live(1s);
  EXPECT_EQ(machine_.used(first), 9800_MiB - 2_GiB);
  EXPECT_EQ(machine_.used(second), 9800_MiB - 2_GiB);
}

TEST_F(Trouble, TwoHundredTenantsRegisterAndVanishFromManyThreads) {
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([this, client] {
      for (int i = 0; i < 50; ++i) {
        engine().post([this, id = std::to_string(client) + "-" + std::to_string(i)](Engine& e) {
          const TenantId added = e.add(model(id, 1_MiB));
          e.post([added](Engine& later) { later.remove(added, "gone"); });
        });
      }
    });
  }
  press();
  for (int i = 0; i < 20; ++i) {
    step();
    clock_.advance(10ms);
  }
  for (std::thread& client : clients) client.join();
  live(1s);
  EXPECT_EQ(engine().tenants().size(), 1u);
  int registered = 0;
  for (const TenantChanged& change : sink_.all<TenantChanged>()) {
    registered += change.what == TenantChanged::What::registered ? 1 : 0;
  }
  EXPECT_EQ(registered, 201);
}

}  // namespace
}  // namespace spillway
