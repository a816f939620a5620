#include "act/notify.h"

#include <gtest/gtest.h>

#include "tests/support/action_suite.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::TempDir;

Step step_at(Level level, const char* pool = "ram") {
  Step step;
  step.id = 1;
  step.pool = {pool};
  step.level = level;
  step.used = 900_B;
  step.target = 7_B;
  step.reason = "ram at 90 % $(touch /tmp/never)";
  return step;
}

class Notify : public testing::Test {
 protected:
  Outcome run(const Step& step, Duration deadline = 10s) {
    if (!action_) action_.emplace(options_);
    return action_->run(step, {}, SystemClock().now() + deadline);
  }
  /// A shell line in which $1 and so on are the arguments after it.
  void shell(const std::string& line, std::vector<std::string> arguments = {}) {
    options_.command = {"/bin/sh", "-c", line, "sh"};
    for (auto& argument : arguments) options_.command.push_back(std::move(argument));
  }
  std::string out(const char* file = "out") const { return dir_.read(file); }

  const TempDir dir_;
  NotifyOptions options_;
  std::optional<NotifyAction> action_;
};

TEST_F(Notify, FillsInArgumentsAndEnvironmentWithoutAShell) {
  shell(
      "printf '%s|' \"$@\" \"$SPILLWAY_POOL\" \"$SPILLWAY_USED_BYTES\" \"$SPILLWAY_TOTAL_BYTES\" "
      "\"$SPILLWAY_EXCESS_BYTES\" > " +
          (dir_ / "out"),
      {"{pool} is {level}", "{reason}", "{used}{total}{excess}", "{", "{nope}"});
  const Outcome outcome = run(step_at(Level::critical));
  EXPECT_EQ(outcome.status, StepStatus::done) << outcome.error;
  EXPECT_EQ(out(), "ram is critical|ram at 90 % $(touch /tmp/never)|9007|{|{nope}|ram|900||7|");
}

TEST_F(Notify, HasNothingToReadAndNoDescriptorsOfOurs) {
  shell("read line || ls /proc/self/fd | tr '\\n' ' ' > " + (dir_ / "out"));
  EXPECT_EQ(run(step_at(Level::warning)).status, StepStatus::done);
  EXPECT_TRUE(out() == "0 1 2 3 " || out() == "0 1 2 ") << out();
}

TEST_F(Notify, SaysHowTheCommandFailed) {
  shell("exit 3");
  Outcome outcome = run(step_at(Level::warning));
  EXPECT_EQ(outcome.status, StepStatus::failed);
  EXPECT_EQ(outcome.error, "/bin/sh: exit status 3");
  action_.reset();
  options_.command = {"/no/such/command"};
  outcome = run(step_at(Level::warning));
  EXPECT_EQ(outcome.status, StepStatus::failed);
  EXPECT_NE(outcome.error.find("/no/such/command"), std::string::npos);
}

TEST_F(Notify, IsKilledAtItsDeadlineWithWhatItStarted) {
  options_.deadline = 50ms;
  shell("sleep 1000 & echo $! > " + (dir_ / "pid") + "; wait");
  const Outcome outcome = run(step_at(Level::warning));
  EXPECT_EQ(outcome.status, StepStatus::timed_out);
  const int sleeper = std::atoi(out("pid").c_str());
  if (sleeper > 0) {
    EXPECT_TRUE(support::eventually([&] {
      const char state = support::process_state(sleeper);
      return state == '?' || state == 'Z';
    }));
  }
}

TEST_F(Notify, RepeatsItselfOnlyWhenThingsGetWorse) {
  shell("echo x >> " + (dir_ / "out"));
  EXPECT_EQ(run(step_at(Level::warning)).status, StepStatus::done);
  const Outcome again = run(step_at(Level::warning));
  EXPECT_EQ(again.status, StepStatus::skipped);
  EXPECT_EQ(again.error, "told less than 10 s ago");
  EXPECT_EQ(run(step_at(Level::critical)).status, StepStatus::done);
  EXPECT_EQ(run(step_at(Level::warning)).status, StepStatus::skipped);
  EXPECT_EQ(run(step_at(Level::warning, "swap")).status, StepStatus::done);
  EXPECT_EQ(out(), "x\nx\nx\n");
}

TEST_F(Notify, TellsAgainAfterTheInterval) {
  shell("exit 0");
  options_.at_most_every = 0s;
  EXPECT_EQ(run(step_at(Level::warning)).status, StepStatus::done);
  EXPECT_EQ(run(step_at(Level::warning)).status, StepStatus::done);
}

TEST_F(Notify, WithoutACommandTheLogIsEnough) {
  EXPECT_EQ(run(step_at(Level::warning)).status, StepStatus::done);
}

TEST(NotifyContract, KeepsTheContractOfAllActions) {
  NotifyAction action({{"true"}});
  support::expect_action_contract(action);
}

}  // namespace
}  // namespace spillway
