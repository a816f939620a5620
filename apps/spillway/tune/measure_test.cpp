#include "tune/measure.h"

#include <gtest/gtest.h>

#include "json/codec.h"
#include "model/event.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string look(std::int64_t at, Bytes ram, std::optional<Bytes> vram = {}) {
  Frame frame;
  frame.snapshot.wall = {at * kSecond};
  frame.snapshot.pools.push_back({.pool = kRam, .used = ram, .total = 16_GiB});
  if (vram) frame.snapshot.pools.push_back({.pool = {"vram:GPU-1"}, .used = vram});
  return to_compact_text(Event(frame)) + "\n";
}

TEST(RecordedUse, ComparesWithAsLongBefore) {
  const support::TempDir folder;
  const std::string journal =
      folder.write("j.jsonl", look(1, 15_GiB) + look(90, 9_GiB, 3_GiB) + look(99, 8_GiB, 5_GiB) +
                                  look(100, 4_GiB, 2_GiB) + "garbage\n" + look(120, 6_GiB, 1_GiB));
  const auto recorded = recorded_use(journal, {100 * kSecond});
  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->span, 20s);
  EXPECT_EQ(recorded->looks_since, 2U);
  EXPECT_EQ(recorded->looks_before, 2U);  // the first one is longer ago
  EXPECT_EQ(recorded->before.ram, 9_GiB);
  EXPECT_EQ(recorded->since.ram, 6_GiB);
  EXPECT_EQ(recorded->since.available, 10_GiB);
  EXPECT_EQ(recorded->before.vram, 5_GiB);
  EXPECT_EQ(recorded->since.vram, 2_GiB);
  EXPECT_EQ(recorded->since.swap, std::nullopt);
  EXPECT_EQ(recorded_use(folder / "none", {}).error().code, Errc::not_found);
}

class MeasureTest : public testing::Test {
 protected:
  MeasureTest() {
    files_.write("proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n");
  }
  support::TempTree files_;
  TunePlace place_ = *open_place(files_.path());
};

TEST_F(MeasureTest, TakesThePeakWhileTimePasses) {
  EXPECT_FALSE(place_.live());
  const auto use = measure_use({}, place_, 150ms, true);
  EXPECT_EQ(use.ram, 4_GiB);
  EXPECT_EQ(use.vram, std::nullopt);  // an image has none
}

TEST_F(MeasureTest, RunsACommandToItsEnd) {
  EXPECT_EQ(measure_command({}, place_, {"true"}, false).code, 0);
  EXPECT_EQ(measure_command({}, place_, {"sh", "-c", "exit 7"}, false).code, 7);
  EXPECT_EQ(measure_command({}, place_, {"sh", "-c", "kill -9 $$"}, false).code, 137);
  EXPECT_EQ(measure_command({}, place_, {"/no/such/command"}, false).code, 127);
  const auto measured = measure_command({}, place_, {"sleep", "0.05"}, false);
  EXPECT_GE(measured.took, 50ms);
  EXPECT_EQ(measured.use.ram, 4_GiB);
}

}  // namespace
}  // namespace spillway
