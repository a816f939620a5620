#include "replay/retrial.h"

#include <gtest/gtest.h>

#include "assess/assess.h"
#include "decide/decide.h"

namespace spillway {
namespace {

/// A recording made by today's code over a pool that fills up, look by look.
std::vector<RecordedLook> recording(const std::vector<int>& percents) {
  std::vector<RecordedLook> looks;
  History history;
  LadderState ladder;
  Tenant stt;
  stt.id = {"stt"};
  stt.abilities.trim = true;
  const Offer offer{.tenant = {"stt"},
                    .action = "callback",
                    .rung = Rung::trim,
                    .changes = {{{"injected:a"}, -100_MiB}}};
  for (std::size_t i = 0; i < percents.size(); ++i) {
    const TimePoint now(std::chrono::seconds(100 + static_cast<int>(i)));
    PoolReading pool{.pool = {"injected:a"},
                     .used = scaled(1_GiB, percents[i] / 100.0),
                     .total = 1_GiB,
                     .source = "injected",
                     .taken = now};
    RecordedLook look;
    look.first = i == 0;
    look.frame.number = i + 1;
    look.frame.snapshot = make_snapshot(now, {}, {pool}, {});
    look.frame.tenants = {stt};
    look.frame.offers = {offer};
    history.add(look.frame.snapshot, false);
    look.frame.assessment = assess(history, look.policy, now);
    history.remember(look.frame.assessment);
    if (i > 0) {
      for (const Step& step : looks.back().frame.plan.steps) {
        if (step.rung == Rung::notify) continue;
        const Outcome outcome{.step = step.id, .claimed = step.estimate, .measured = step.estimate};
        look.ended.emplace_back(step, outcome);
        ladder = settle(std::move(ladder), step, outcome, look.policy, now);
      }
    }
    Decision decision = decide({look.frame.assessment, *look.frame.tenants, look.frame.offers,
                                look.frame.demands, look.policy},
                               ladder, now);
    ladder = decision.state;
    look.frame.plan = decision.plan;
    looks.push_back(std::move(look));
  }
  return looks;
}

bool has_steps(const std::vector<RecordedLook>& looks) {
  for (const RecordedLook& look : looks) {
    if (!look.frame.plan.steps.empty()) return true;
  }
  return false;
}

TEST(Retrial, FindsNoDifferenceInItsOwnDecisions) {
  const auto looks = recording({50, 70, 85, 86, 92});
  ASSERT_TRUE(has_steps(looks));
  Retrial retrial;
  for (const RecordedLook& look : looks) EXPECT_FALSE(retrial.take(look)) << look.frame.number;
  EXPECT_EQ(retrial.looks(), 5);
  EXPECT_EQ(retrial.missing(), 0);
}

TEST(Retrial, NamesWhatWasDecidedDifferently) {
  auto looks = recording({50, 85});
  looks[1].frame.plan.steps = {Step{.id = 1,
                                    .rung = Rung::shrink,
                                    .action = "callback",
                                    .tenant = {"stt"},
                                    .pool = {"injected:a"},
                                    .detail = "small"}};
  Retrial retrial;
  EXPECT_FALSE(retrial.take(looks[0]));
  const auto difference = retrial.take(looks[1]);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->look, 2);
  EXPECT_EQ(difference->recorded,
            std::vector<std::string>{"shrink stt to small for injected:a by callback"});
  EXPECT_FALSE(difference->today.empty());
}

TEST(Retrial, NamesALevelThatIsJudgedDifferently) {
  auto looks = recording({50, 85});
  looks[1].frame.assessment.pools[0].level = Level::normal;
  Retrial retrial;
  (void)retrial.take(looks[0]);
  const auto difference = retrial.take(looks[1]);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->recorded, std::vector<std::string>{"injected:a at normal"});
  EXPECT_EQ(difference->today, std::vector<std::string>{"injected:a at warning"});
}

TEST(Retrial, OneDifferenceDoesNotBreedOthers) {
  auto looks = recording({50, 85, 70, 70, 70, 70});
  looks[1].frame.plan.steps.clear();
  looks[2].ended.clear();
  Retrial retrial;
  int differences = 0;
  for (const RecordedLook& look : looks) differences += retrial.take(look).has_value();
  EXPECT_EQ(differences, 1);
}

TEST(Retrial, CountsTheLooksThatWereNotRecorded) {
  auto looks = recording({50, 51, 52});
  looks[2].frame.number = 10;
  Retrial retrial;
  for (const RecordedLook& look : looks) (void)retrial.take(look);
  EXPECT_EQ(retrial.missing(), 7);
}

}  // namespace
}  // namespace spillway
