#include "sense/injected.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

TEST(ParseInjected, TakesTwoNumbersOfBytes) {
  for (const char* text : {"10 20", "10 20\n", "  10\t20  \n", "10\n20\n"}) {
    const auto figures = parse_injected(text);
    ASSERT_TRUE(figures) << text;
    EXPECT_EQ(figures->used, 10_B);
    EXPECT_EQ(figures->capacity, 20_B);
  }
  EXPECT_EQ(parse_injected("30 20")->used, 30_B) << "more was promised than there is";
}

TEST(ParseInjected, RefusesEverythingElse) {
  for (const char* text : {"", "\n", "10", "10 20 30", "-1 20", "1 -20", "1.5 2", "10 0", "0x1 2",
                           "10GiB 20GiB", "99999999999999999999 1", "1 9223372036854775807"}) {
    EXPECT_FALSE(parse_injected(text)) << text;
  }
}

TEST(InjectedSensor, ReadsThePoolAndItsChanges) {
  const TempTree tree;
  tree.write("run/kv", "10 20\n");
  InjectedSensor sensor(SysRoot(tree.path()), "kv", "/run/kv");
  EXPECT_EQ(sensor.name(), "injected:kv");
  auto pool = std::get<PoolReading>(sensor.read(kLook).value().at(0));
  EXPECT_EQ(pool.pool, PoolId{"injected:kv"});
  EXPECT_EQ(pool.pool.kind(), PoolKind::injected);
  EXPECT_EQ(pool.used, 10_B);
  EXPECT_EQ(pool.total, 20_B);
  tree.replace("run/kv", "15 20\n");
  pool = std::get<PoolReading>(sensor.read(kLook).value().at(0));
  EXPECT_EQ(pool.used, 15_B);
}

TEST(InjectedSensor, MissingAndGarbledFilesAreFaults) {
  const TempTree tree;
  InjectedSensor sensor(SysRoot(tree.path()), "kv", "/run/kv");
  EXPECT_EQ(sensor.read(kLook).error().code, Errc::not_found);
  tree.write("run/kv", "");
  EXPECT_EQ(sensor.read(kLook).error().code, Errc::invalid);
  EXPECT_EQ(sensor.read(kLook).error().where, tree / "run/kv");
  tree.write("run/kv", "1 2\n");
  EXPECT_TRUE(sensor.read(kLook));
  tree.remove("run/kv");
  EXPECT_EQ(sensor.read(kLook).error().code, Errc::not_found);
}

}  // namespace
}  // namespace spillway
