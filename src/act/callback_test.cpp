#include "act/callback.h"

#include <gtest/gtest.h>

#include "tests/support/action_suite.h"
#include "tests/support/fake_guests.h"

namespace spillway {
namespace {

using support::FakeGuests;

class Callback : public testing::Test {
 protected:
  Callback() {
    tenant_.id = {"stt"};
    tenant_.abilities = {true, true, true, true, true, true};
    tenant_.variants = {{"fp16", {{kRam, 8_GiB}}}, {"int8", {{kRam, 1_GiB}}}};
    tenant_.variant = "fp16";
    step_.id = 3;
    step_.rung = Rung::shrink;
    step_.detail = "int8";
    step_.target = 5_MiB;
    step_.estimate = {{kRam, -7_GiB}};
    step_.reason = "ram is short";
  }
  Outcome run() {
    CallbackAction action(step_.rung, guests_);
    return action.run(step_, tenant_, SystemClock().now() + 5s);
  }
  void answer(GuestReply reply) {
    guests_->set("stt", [reply](const GuestRequest&) { return reply; });
  }
  std::vector<Offer> offers() {
    std::vector<Offer> out;
    for (const Rung rung : {Rung::trim, Rung::unload_idle, Rung::shrink, Rung::offload}) {
      CallbackAction(rung, guests_).offers(Snapshot{}, tenant_, out);
    }
    return out;
  }

  std::shared_ptr<FakeGuests> guests_ = std::make_shared<FakeGuests>();
  Tenant tenant_;
  Step step_;
};

TEST_F(Callback, AsksForTheVariantAndPassesTheReasonOn) {
  answer({.changes = {{"ram", -6_GiB}}, .detail = "int8", .pause = 3ms});
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, StepStatus::done);
  EXPECT_EQ(outcome.detail, "int8");
  EXPECT_EQ(outcome.pause, 3ms);
  ASSERT_EQ(outcome.claimed.size(), 1u);
  EXPECT_EQ(outcome.claimed[0].delta, -6_GiB);
  const GuestRequest asked = guests_->asked().at(0);
  EXPECT_EQ(guests_->words(), std::vector<std::string>{"shrink stt int8"});
  EXPECT_EQ(asked.bytes, 5_MiB);
  EXPECT_EQ(asked.reason, "ram is short");
}

TEST_F(Callback, AnswerWithoutFiguresMeansTheRegisteredOnesForAMoveOnly) {
  answer({});
  EXPECT_EQ(run().claimed.at(0).delta, -7_GiB);
  step_.rung = Rung::trim;
  EXPECT_TRUE(run().claimed.empty());
}

TEST_F(Callback, RestoreLeadsBackToWhereItWas) {
  answer({});
  tenant_.taken = {{Rung::shrink, "shrink", "int8", {}, {}}};
  step_.direction = Direction::restore;
  EXPECT_EQ(run().detail, "fp16");
  EXPECT_EQ(guests_->words(), std::vector<std::string>{"restore stt fp16"});
}

TEST_F(Callback, ErrorsOfTheProgramAreTheOutcome) {
  EXPECT_EQ(run().status, StepStatus::failed);  // gone
  guests_->set("stt", [](const GuestRequest&) -> Result<GuestReply> {
    return fail(Errc::timed_out, "no answer");
  });
  EXPECT_EQ(run().status, StepStatus::timed_out);
  EXPECT_EQ(run().error, "no answer");
}

TEST_F(Callback, OffersWhatTheProgramCanDo) {
  tenant_.trimmable = 1_MiB;
  std::vector<Rung> rungs;
  for (const Offer& offer : offers()) rungs.push_back(offer.rung);
  EXPECT_EQ(rungs, (std::vector{Rung::trim, Rung::unload_idle, Rung::shrink, Rung::offload}));
  tenant_.connected = false;
  EXPECT_TRUE(offers().empty());
}

TEST_F(Callback, LongMovesAskForTimeOfTheirOwn) {
  for (const Offer& offer : offers()) {
    if (offer.rung == Rung::trim) continue;
    EXPECT_EQ(offer.deadline.has_value(), offer.cost_give > 2s) << name(offer.rung);
    if (offer.rung == Rung::shrink) {
      EXPECT_GT(offer.deadline.value_or(0s), offer.cost_give);
    }
  }
}

TEST_F(Callback, AnAnswerWithoutEndIsCut) {
  GuestReply reply;
  for (int i = 0; i < 1000; ++i) reply.changes.emplace_back("injected:" + std::to_string(i), -1_B);
  answer(reply);
  EXPECT_EQ(run().claimed.size(), 64u);
}

TEST(CallbackContract, KeepsTheContractOfAllActions) {
  for (const Rung rung : {Rung::trim, Rung::unload_idle, Rung::shrink, Rung::offload}) {
    CallbackAction with(rung, std::make_shared<FakeGuests>()), without(rung, nullptr);
    support::expect_action_contract(with);
    support::expect_action_contract(without);
  }
}

}  // namespace
}  // namespace spillway
