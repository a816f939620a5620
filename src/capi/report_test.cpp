#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "capi/manager.h"
#include "tests/support/child.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

/// A manager that looks at one pool when told to, and what it reported.
class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    directory_.write("gpu", "250000 1000000\n");
    ManagerOptions options;
    options.program = "test";
    options.join = false;
    options.only_given_pools = true;
    options.injected = {{"gpu", directory_ / "gpu"}};
    options.builtin_trims = false;
    options.policy.cadence.shortest = options.policy.cadence.longest = 1h;
    options.policy.ladder.step_deadline = 24h * 365;  // no callback hangs, however time leaps
    auto made = Manager::create(std::move(options), clock_);
    if (!made) throw std::runtime_error(to_string(made.error()));
    manager_ = std::move(*made);
  }
  ~ReportTest() override { manager_->close(); }

  static void report(void* user, const char* text) {
    auto& test = *static_cast<ReportTest*>(user);
    const std::lock_guard lock(test.mutex_);
    test.reports_.emplace_back(text);
  }
  int subscribe(Duration interval) {
    return manager_->subscribe_report(interval, report, std::make_shared<Listener>(this));
  }
  Duration step_after(Duration time) {
    clock_.advance(time);
    return manager_->step().value_or(Duration::max());
  }
  /// Waits until there are so many. The calls come one after the other: one too many is seen, too.
  bool reported(std::size_t count) {
    return support::eventually([&] {
             const std::lock_guard lock(mutex_);
             return reports_.size() >= count;
           }) &&
           reports_.size() == count;
  }

  support::FakeClock clock_;
  support::TempDir directory_;
  std::mutex mutex_;
  std::vector<std::string> reports_;
  std::shared_ptr<Manager> manager_;
};

TEST_F(ReportTest, ComesEveryFiveMinutesUnlessToldOtherwise) {
  subscribe({});
  step_after(0s);
  step_after(5min - 1ns);
  step_after(1ns);
  EXPECT_TRUE(reported(1));
  step_after(4min);
  step_after(1min);
  EXPECT_TRUE(reported(2));
}

TEST_F(ReportTest, IsABlockThatPeopleCanRead) {
  subscribe(1s);
  step_after(1s);
  ASSERT_TRUE(reported(1));
  EXPECT_NE(reports_[0].find("(embedded): normal\n"), std::string::npos) << reports_[0];
  EXPECT_NE(reports_[0].find("  injected:gpu     normal    244 KiB of 977 KiB (25 %)"),
            std::string::npos)
      << reports_[0];
  EXPECT_EQ(reports_[0].back(), '\n');
}

TEST_F(ReportTest, TheNextLookIsNotLaterThanTheNextReport) {
  EXPECT_GT(step_after(0s), 1s);
  subscribe(1s);
  EXPECT_EQ(step_after(0s), 1s);
  EXPECT_EQ(step_after(1s), 1s);
  EXPECT_TRUE(reported(1));
}

TEST_F(ReportTest, AfterALongSleepThereIsOneAndNotAllThatWereMissed) {
  subscribe(1min);
  step_after(10h);
  step_after(0s);
  step_after(1min);
  EXPECT_TRUE(reported(2));
}

TEST_F(ReportTest, EverySubscriberHasItsOwnPaceAndMayEnd) {
  const int fast = subscribe(1s);
  subscribe(10s);
  for (int i = 0; i < 10; ++i) step_after(1s);
  EXPECT_TRUE(reported(11));
  ASSERT_TRUE(manager_->unsubscribe(fast));
  for (int i = 0; i < 10; ++i) step_after(1s);
  EXPECT_TRUE(reported(12));
}

}  // namespace
}  // namespace spillway
