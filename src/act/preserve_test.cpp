#include "act/preserve.h"

#include <gtest/gtest.h>

#include "tests/support/action_suite.h"
#include "tests/support/fake_guests.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::FakeGuests;
using support::TempDir;

class Preserve : public testing::Test {
 protected:
  Preserve() {
    tenant_.id = {"stt"};
    tenant_.abilities.preserve = true;
  }
  Outcome run() {
    return action_.run({.id = 1, .rung = Rung::preserve}, tenant_, SystemClock().now() + 5s);
  }

  const TempDir dir_;
  std::shared_ptr<FakeGuests> guests_ = std::make_shared<FakeGuests>();
  std::shared_ptr<PreserveStore> store_ =
      std::make_shared<PreserveStore>(PreserveStore::Options{.directory = dir_ / "kept"});
  PreserveAction action_{guests_, store_};
  Tenant tenant_;
};

TEST_F(Preserve, KeepsWhatTheProgramHandsOverAndThenTellsIt) {
  guests_->set("stt", [&](const GuestRequest& request) -> Result<GuestReply> {
    if (request.verb == "preserve") return GuestReply{.data = "half a sentence"};
    // By the time it is told, it is safe.
    EXPECT_EQ(store_->get("stt")->value().data, "half a sentence");
    return GuestReply{};
  });
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, StepStatus::done) << outcome.error;
  EXPECT_EQ(outcome.detail, "15 B as version 1");
  EXPECT_EQ(guests_->words(), (std::vector<std::string>{"preserve stt", "preserved stt 1"}));
}

TEST_F(Preserve, ProgramThatGoesAwayAfterwardsLosesNothing) {
  guests_->set("stt", [&](const GuestRequest&) -> Result<GuestReply> {
    guests_->forget("stt");
    return GuestReply{.data = "x"};
  });
  EXPECT_EQ(run().status, StepStatus::done);
  EXPECT_EQ(store_->get("stt")->value().data, "x");
}

TEST_F(Preserve, KeepsItUnderAKeyOfItsOwnWhereOneIsGiven) {
  guests_->set("stt", [](const GuestRequest&) { return GuestReply{.data = "mine"}; });
  PreserveAction action(guests_, store_, [](const Tenant& tenant) {
    return std::to_string(tenant.uid) + "/" + tenant.id.text;
  });
  tenant_.uid = 1000;
  EXPECT_EQ(action.run({.id = 1, .rung = Rung::preserve}, tenant_, SystemClock().now() + 5s).status,
            StepStatus::done);
  EXPECT_FALSE(store_->get("stt")->has_value());
  EXPECT_EQ(store_->get("1000/stt")->value().data, "mine");
}

TEST_F(Preserve, EmptyAnswerMeansTheProgramKeptIt) {
  guests_->set("stt", [](const GuestRequest&) { return GuestReply{}; });
  EXPECT_EQ(run().detail, "kept by the program");
  EXPECT_FALSE(store_->get("stt")->has_value());
}

TEST_F(Preserve, FullDiskIsAFailureThatKeepsTheVersionBefore) {
  ASSERT_TRUE(store_->put("stt", "before"));
  auto small = std::make_shared<PreserveStore>(
      PreserveStore::Options{.directory = dir_ / "kept", .largest = 1_B});
  guests_->set("stt", [](const GuestRequest&) { return GuestReply{.data = "too much"}; });
  PreserveAction action(guests_, small);
  const Outcome outcome =
      action.run({.id = 1, .rung = Rung::preserve}, tenant_, SystemClock().now() + 5s);
  EXPECT_EQ(outcome.status, StepStatus::failed);
  EXPECT_EQ(guests_->words(), std::vector<std::string>{"preserve stt"});
  EXPECT_EQ(store_->get("stt")->value().data, "before");
}

TEST_F(Preserve, PinnedTenantsAreAskedTooFrozenOnesCannotAnswer) {
  tenant_.pinned = true;
  std::vector<Offer> offers;
  action_.offers({}, tenant_, offers);
  ASSERT_EQ(offers.size(), 1u);
  EXPECT_TRUE(offers[0].changes.empty());
  tenant_.taken = {{Rung::freeze, "freeze", "", {}, {}}};
  action_.offers({}, tenant_, offers);
  EXPECT_EQ(offers.size(), 1u);
}

TEST(PreserveContract, KeepsTheContractOfAllActions) {
  const TempDir dir;
  PreserveAction with(
      std::make_shared<FakeGuests>(),
      std::make_shared<PreserveStore>(PreserveStore::Options{.directory = dir / "x"}));
  PreserveAction without(nullptr, nullptr);
  support::expect_action_contract(with, true);
  support::expect_action_contract(without, true);
}

}  // namespace
}  // namespace spillway
