#include "capi/guest.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>

#include "capi/callback_scope.h"
#include "capi/guest_book.h"
#include "capi/reply.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::eventually;

const PoolId kVram{"vram:GPU-1"};
const SystemClock kClock;

TimePoint in(Duration time) { return kClock.now() + time; }

/// A program with one model: what it was asked, and how it answers.
class GuestTest : public testing::Test {
 protected:
  using Answer = std::function<int(const spillway_ask&, spillway_reply*)>;

  static int answer(void* user, const spillway_ask* ask, spillway_reply* reply) {
    auto& test = *static_cast<GuestTest*>(user);
    {
      const std::lock_guard lock(test.mutex_);
      test.asked_.push_back(std::string(ask->verb) + ":" + ask->place);
    }
    const auto found = test.answers_.find(ask->verb);
    return found == test.answers_.end() ? 0 : found->second(*ask, reply);
  }

  std::shared_ptr<Guest> make(std::string place = "fp16") {
    auto callbacks = std::make_unique<TenantCallbacks>();
    callbacks->user = this;
    callbacks->trim = callbacks->shrink = callbacks->offload = callbacks->restore =
        callbacks->release = callbacks->unload = callbacks->preserve = answer;
    Places places(kVram, {},
                  {{"fp16", {{kVram, 2_GiB}}}, {"small", {{kVram, 1_GiB}}}, {"cpu", {}}});
    return std::make_shared<Guest>(
        GuestParts{.name = "stt",
                   .places = places,
                   .place = std::move(place),
                   .callbacks = std::move(callbacks),
                   .clock = &kClock,
                   .manager = this,
                   .keep = [this](const std::string&, std::string_view data) {
                     kept_ = data;
                     return Status();
                   }});
  }

  GuestRequest request(std::string verb, std::string detail = {}) {
    return {.tenant = "stt", .verb = std::move(verb), .detail = std::move(detail)};
  }

  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  std::mutex mutex_;
  std::map<std::string, Answer, std::less<>> answers_;
  std::vector<std::string> asked_;
  std::string kept_;
};

Bytes changed(const GuestReply& reply, const PoolId& pool) {
  for (const auto& [name, delta] : reply.changes) {
    if (name == pool.text) return delta;
  }
  return {};
}

TEST_F(GuestTest, AnOffloadMovesItAndClaimsWhatTheVariantsSay) {
  const auto guest = make();
  const auto reply = guest->ask(request("offload"), in(1s));
  ASSERT_TRUE(reply) << to_string(reply.error());
  EXPECT_EQ(reply->detail, "cpu");
  EXPECT_EQ(changed(*reply, kVram), -2_GiB);
  EXPECT_EQ(changed(*reply, kRam), 2_GiB);
  EXPECT_EQ(guest->state().place, "cpu");
  ASSERT_EQ(guest->state().taken.size(), 1);
  EXPECT_EQ(guest->state().taken[0].rung, Rung::offload);
}

TEST_F(GuestTest, ARestoreMakesTheNewCopyThenSwitchesThenReleasesTheOldOne) {
  const auto guest = make("cpu");
  answers_["restore"] = [&](const spillway_ask& ask, spillway_reply*) {
    EXPECT_STREQ(ask.place, "fp16");
    EXPECT_EQ(*guest->enter(false), "cpu") << "requests are served from the old place meanwhile";
    guest->leave();
    return 0;
  };
  answers_["release"] = [&](const spillway_ask& ask, spillway_reply*) {
    EXPECT_STREQ(ask.place, "cpu");
    EXPECT_EQ(*guest->enter(false), "fp16") << "and from the new one afterwards";
    guest->leave();
    return 0;
  };
  ASSERT_TRUE(guest->ask(request("restore"), in(1s)));
  EXPECT_EQ(asked(), (std::vector<std::string>{"restore:fp16", "release:cpu"}));
  EXPECT_TRUE(guest->state().taken.empty());
}

TEST_F(GuestTest, ARestoreWhoseSwitchMustWaitTooLongGivesTheNewCopyUp) {
  const auto guest = make("cpu");
  ASSERT_TRUE(guest->enter(false));
  auto restored =
      std::async(std::launch::async, [&] { return guest->ask(request("restore"), in(10ms)); });
  const auto reply = restored.get();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::timed_out);
  EXPECT_EQ(asked(), (std::vector<std::string>{"restore:fp16", "release:fp16"}));
  EXPECT_EQ(guest->state().place, "cpu");
  guest->leave();
}

TEST_F(GuestTest, AFailedMoveLeavesItWhereItIsAndSaysWhy) {
  const auto guest = make();
  answers_["offload"] = [](const spillway_ask&, spillway_reply* reply) {
    reply->error = "no pinned memory left";
    return SPILLWAY_E_CALLBACK;
  };
  const auto reply = guest->ask(request("offload"), in(1s));
  ASSERT_FALSE(reply);
  EXPECT_NE(to_string(reply.error()).find("no pinned memory left"), std::string::npos);
  EXPECT_EQ(guest->state().place, "fp16");
  EXPECT_TRUE(guest->enter(false)) << "requests go on";
  guest->leave();
}

TEST_F(GuestTest, AnExceptionOutOfACallbackCostsThatCallOnly) {
  const auto guest = make();
  answers_["offload"] = [](const spillway_ask&, spillway_reply*) -> int {
    throw std::runtime_error("thrown");
  };
  EXPECT_FALSE(guest->ask(request("offload"), in(1s)));
  EXPECT_TRUE(guest->ask(request("trim"), in(1s)));
}

TEST_F(GuestTest, WhatTheProgramSaysOfItsBytesCountsMoreThanTheVariants) {
  const auto guest = make();
  answers_["offload"] = [](const spillway_ask&, spillway_reply* reply) {
    reply->changes.emplace_back(reply->own_pool, -(1_GiB));
    reply->place = "small";
    return 0;
  };
  const auto reply = guest->ask(request("offload"), in(1s));
  ASSERT_TRUE(reply);
  EXPECT_EQ(changed(*reply, kVram), -1_GiB);
  EXPECT_EQ(reply->changes.size(), 1);
  EXPECT_EQ(guest->state().place, "small");
}

TEST_F(GuestTest, WhileOneCallHasNotReturnedNoOtherBegins) {
  const auto guest = make();
  std::promise<void> release;
  answers_["trim"] = [&](const spillway_ask&, spillway_reply*) {
    release.get_future().wait();
    return 0;
  };
  auto hung = std::async(std::launch::async, [&] { return guest->ask(request("trim"), in(1s)); });
  ASSERT_TRUE(eventually([&] { return !asked().empty(); }));
  const auto second = guest->ask(request("offload"), in(1s));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unavailable);
  release.set_value();
  EXPECT_TRUE(hung.get());
  EXPECT_TRUE(guest->ask(request("offload"), in(1s)));
}

TEST_F(GuestTest, PreservedDataIsKeptBeforeTheAnswer) {
  const auto guest = make();
  answers_["preserve"] = [](const spillway_ask&, spillway_reply* reply) {
    reply->data = "half a sentence";
    return 0;
  };
  const auto reply = guest->ask(request("preserve"), in(1s));
  ASSERT_TRUE(reply);
  EXPECT_EQ(kept_, "half a sentence");
  EXPECT_TRUE(reply->data.empty()) << "nobody need keep it a second time";
}

TEST_F(GuestTest, AnUnloadedModelIsLoadedOnceHoweverManyAsk) {
  const auto guest = make("");
  EXPECT_EQ(guest->enter(false).error().code, Errc::not_found);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(guest->load("fp16", in(10s))); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(asked(), std::vector<std::string>{"restore:fp16"});
  EXPECT_EQ(*guest->enter(false), "fp16");
  guest->leave();
}

TEST_F(GuestTest, WhatWasLoadedSmallerThanAtHomeCountsAsTaken) {
  const auto guest = make("");
  ASSERT_TRUE(guest->load("small", in(1s)));
  ASSERT_EQ(guest->state().taken.size(), 1);
  EXPECT_EQ(guest->state().taken[0].rung, Rung::shrink);
  EXPECT_EQ(guest->state().taken[0].detail, "small");
  EXPECT_EQ(guest->state().taken[0].changes, (std::vector<PoolChange>{{kVram, -1_GiB}}));
  ASSERT_TRUE(guest->ask(request("restore"), in(1s)));
  EXPECT_TRUE(guest->state().taken.empty());
  EXPECT_EQ(guest->state().place, "fp16");
}

TEST_F(GuestTest, WhatIsLoadedNowhereIsNotServedFromTheCpuEither) {
  const auto guest = make("");
  for (int i = 0; i < 3; ++i) guest->count_error();
  EXPECT_EQ(guest->enter(false).error().code, Errc::not_found);
  EXPECT_EQ(guest->enter(true).error().code, Errc::not_found);
  ASSERT_TRUE(guest->load("fp16", in(1s)));
  EXPECT_EQ(*guest->enter(false), "cpu");
  guest->leave();
}

TEST_F(GuestTest, AfterItsGpuIsLostItServesFromTheCpuOnly) {
  const auto guest = make();
  guest->lose_gpu();
  EXPECT_EQ(*guest->enter(false), "cpu");
  guest->leave();
  const auto back = guest->ask(request("restore", "small"), in(1s));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Errc::refused);
  ASSERT_TRUE(guest->ask(request("restore", "cpu"), in(1s)));
  EXPECT_EQ(asked(), std::vector<std::string>{"restore:cpu"})
      << "the dead GPU's copy is left alone";
  guest->reset_errors();
  EXPECT_TRUE(guest->state().gpu_lost) << "for good";
}

TEST_F(GuestTest, ErrorsPutItOnTheCpuUntilReset) {
  const auto guest = make();
  EXPECT_FALSE(guest->count_error());
  EXPECT_FALSE(guest->count_error());
  EXPECT_TRUE(guest->count_error());
  EXPECT_EQ(*guest->enter(false), "cpu");
  guest->leave();
  guest->reset_errors();
  EXPECT_EQ(*guest->enter(false), "fp16");
  guest->leave();
  EXPECT_EQ(guest->state().memory_errors, 3U);
}

TEST_F(GuestTest, CloseWaitsForARunningCallbackButNotInsideIt) {
  const auto guest = make();
  answers_["trim"] = [&](const spillway_ask&, spillway_reply*) {
    guest->close(in(10s));
    return 0;
  };
  EXPECT_TRUE(guest->ask(request("trim"), in(1s))) << "did not wait for itself";
  EXPECT_FALSE(guest->ask(request("offload"), in(1s))) << "nothing begins any more";
}

TEST_F(GuestTest, CloseLeavesAHungCallbackBehindAtItsDeadline) {
  auto guest = make();
  std::promise<void> release;
  answers_["trim"] = [&](const spillway_ask&, spillway_reply*) {
    release.get_future().wait();
    return 0;
  };
  std::thread hung([guest, this] { EXPECT_TRUE(guest->ask(request("trim"), in(1s))); });
  ASSERT_TRUE(eventually([&] { return !asked().empty(); }));
  guest->close(in(5ms));
  guest.reset();
  release.set_value();
  hung.join();
}

TEST(TenantCallbacks, TheUserPointerIsFreedByTheLastUser) {
  static std::atomic<int> freed = 0;
  freed = 0;
  auto callbacks = std::make_unique<TenantCallbacks>();
  callbacks->user_free = [](void*) { ++freed; };
  auto guest = std::make_shared<Guest>(GuestParts{.name = "a",
                                                  .places = Places(kVram, 1_GiB, {}),
                                                  .place = "resident",
                                                  .callbacks = std::move(callbacks),
                                                  .clock = &kClock});
  EXPECT_EQ(freed, 0);
  guest.reset();
  EXPECT_EQ(freed, 1);
}

TEST(GuestBook, AsksByNameAndKnowsNoStrangers) {
  GuestBook book;
  EXPECT_EQ(book.ask({.tenant = "nobody", .verb = "trim"}, in(1s)).error().code, Errc::not_found);
  auto callbacks = std::make_unique<TenantCallbacks>();
  callbacks->trim = [](void*, const spillway_ask*, spillway_reply*) { return 0; };
  book.add("a", std::make_shared<Guest>(GuestParts{.name = "a",
                                                   .places = Places(kVram, 1_GiB, {}),
                                                   .place = "resident",
                                                   .callbacks = std::move(callbacks),
                                                   .clock = &kClock}));
  EXPECT_TRUE(book.ask({.tenant = "a", .verb = "trim"}, in(1s)));
  EXPECT_EQ(book.ask({.tenant = "a", .verb = "unload"}, in(1s)).error().code, Errc::unavailable);
  book.remove("a");
  EXPECT_FALSE(book.find("a"));
}

TEST(CallbackScope, KnowsWhoseCallbackThisThreadIsIn) {
  const int one = 0;
  const int two = 0;
  EXPECT_FALSE(CallbackScope::inside(&one));
  {
    const CallbackScope outer(&one);
    const CallbackScope inner(&two);
    EXPECT_TRUE(CallbackScope::inside(&one));
    EXPECT_TRUE(CallbackScope::inside(&two));
    std::thread([&] { EXPECT_FALSE(CallbackScope::inside(&one)); }).join();
  }
  EXPECT_FALSE(CallbackScope::inside(&one));
}

}  // namespace
}  // namespace spillway
