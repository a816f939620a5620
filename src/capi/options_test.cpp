#include "capi/options.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>

#include "capi/versioned.h"

namespace spillway {
namespace {

spillway_options none() {
  spillway_options raw = {};
  raw.struct_size = sizeof raw;
  return raw;
}

TEST(Options, NullAndZeroAreAllDefaults) {
  for (const bool null : {true, false}) {
    const spillway_options raw = none();
    const auto options = read_options(null ? nullptr : &raw);
    ASSERT_TRUE(options) << to_string(options.error());
    EXPECT_FALSE(options->program.empty());
    EXPECT_TRUE(options->join);
    EXPECT_EQ(options->policy.cadence.longest, 2s);
    EXPECT_EQ(options->policy.defaults.at(Level::warning).enter, 0.80);
    EXPECT_EQ(options->error_limit, 3);
    EXPECT_EQ(options->error_window, 10min);
  }
}

TEST(Options, ExitsKeepTheirDistanceBelowGivenThresholds) {
  spillway_options raw = none();
  raw.warning = 0.5;
  raw.critical = 0.6;
  const auto options = read_options(&raw);
  ASSERT_TRUE(options) << to_string(options.error());
  const PoolPolicy& pool = options->policy.defaults;
  EXPECT_EQ(pool.at(Level::warning).enter, 0.5);
  EXPECT_NEAR(pool.at(Level::warning).exit, 0.45, 1e-9);
  EXPECT_LT(pool.restore_below, pool.at(Level::warning).exit);
  EXPECT_EQ(options->policy.of(kSwap).at(Level::critical).enter, 0.6)
      << "swap has rules of its own";
}

TEST(Options, ARuleOfItsOwnWinsForItsPools) {
  spillway_pool_rule rule = {};
  rule.struct_size = sizeof rule;
  rule.pool = "vram:*";
  rule.warning = 0.7;
  rule.free_below = 1 << 30;
  spillway_options raw = none();
  raw.pool_rules = &rule;
  raw.pool_rule_count = 1;
  const auto options = read_options(&raw);
  ASSERT_TRUE(options) << to_string(options.error());
  EXPECT_EQ(options->policy.of(PoolId{"vram:GPU-1"}).at(Level::warning).enter, 0.7);
  EXPECT_EQ(options->policy.of(PoolId{"vram:GPU-1"}).at(Level::critical).free_below, 1_GiB);
  EXPECT_EQ(options->policy.of(kRam).at(Level::warning).enter, 0.8);
}

TEST(Options, NonsenseIsRefusedByTheMembersName) {
  const auto refused = [](auto edit, const char* word) {
    spillway_options raw = none();
    edit(raw);
    const auto options = read_options(&raw);
    ASSERT_FALSE(options) << word;
    EXPECT_EQ(options.error().code, Errc::invalid);
    EXPECT_NE(to_string(options.error()).find(word), std::string::npos)
        << to_string(options.error());
  };
  refused([](auto& raw) { raw.warning = 1.5; }, "warning");
  refused([](auto& raw) { raw.critical = -0.1; }, "critical");
  refused([](auto& raw) { raw.emergency = std::numeric_limits<double>::quiet_NaN(); }, "emergency");
  refused([](auto& raw) { raw.warning = 0.95; }, "rise");
  refused([](auto& raw) { raw.restore_below = 0.79; }, "restore_below");
  refused([](auto& raw) { raw.check_interval_ms = -1; }, "check_interval_ms");
  refused([](auto& raw) { raw.error_limit = -1; }, "error_limit");
  refused([](auto& raw) { raw.mode = 7; }, "mode");
  refused([](auto& raw) { raw.program = "../etc"; }, "program");
  refused([](auto& raw) { raw.injected_count = 2; }, "array");
  refused([](auto& raw) { raw.cgroup_count = 1; }, "cgroups");
  refused([](auto& raw) { raw.struct_size = 0; }, "struct_size");
  refused([](auto& raw) { raw.struct_size = std::size_t{1} << 40; }, "struct_size");
}

TEST(Options, ARelativePathIsTakenFromWhereTheProgramIs) {
  spillway_injected_pool pool = {};
  pool.struct_size = sizeof pool;
  pool.name = "gpu";
  pool.path = "pool";
  spillway_options raw = none();
  raw.injected = &pool;
  raw.injected_count = 1;
  const auto options = read_options(&raw);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->injected[0].path, std::filesystem::current_path() / "pool");
}

struct Newer {
  spillway_injected_pool known;
  std::size_t beyond = 0;  // no padding: that may be anything
};

TEST(Versioned, AnOlderStructIsFilledUpWithZeros) {
  spillway_injected_pool raw = {sizeof(std::size_t) + sizeof(const char*), "name", "garbage"};
  const auto read = read_struct(&raw);
  ASSERT_TRUE(read);
  EXPECT_STREQ(read->name, "name");
  EXPECT_EQ(read->path, nullptr);
}

TEST(Versioned, ANewerStructIsReadAsLongAsWhatIsBeyondIsZero) {
  Newer newer{{sizeof(Newer), "name", "path"}};
  const auto* raw = &newer.known;
  EXPECT_TRUE(read_struct(raw));
  newer.beyond = 1;
  EXPECT_FALSE(read_struct(raw));
}

TEST(Versioned, AnArraysStrideIsTheSizeOfItsFirstElement) {
  const Newer newer[2] = {{{sizeof(Newer), "a", "1"}}, {{sizeof(Newer), "b", "2"}}};
  const auto read = read_array(&newer[0].known, 2);
  ASSERT_TRUE(read);
  EXPECT_STREQ((*read)[1].name, "b");
}

TEST(Versioned, WritesNoMoreThanTheCallersStructHas) {
  spillway_tenant_status value = {};
  copy_text(value.name, "stt");
  value.busy = 1;
  struct {
    std::size_t struct_size = sizeof(std::size_t) + 128;
    char name[128];
    char guard[8] = "guarded";
  } older;
  ASSERT_TRUE(write_struct(value, reinterpret_cast<spillway_tenant_status*>(&older)));
  EXPECT_STREQ(older.name, "stt");
  EXPECT_STREQ(older.guard, "guarded");
  EXPECT_EQ(older.struct_size, sizeof(std::size_t) + 128);
}

TEST(Versioned, TextIsCutAtTheEndOfItsField) {
  char field[4];
  copy_text(field, "abcdef");
  EXPECT_STREQ(field, "abc");
}

}  // namespace
}  // namespace spillway
