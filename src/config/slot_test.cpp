#include "config/slot.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spillway {
namespace {

using Text = std::string;

template <class T, class Slot>
Result<T> read(Slot slot, T& into, const ConfigScalar& value) {
  return assign(slot, value).map([&] { return into; });
}

Result<double> share(const ConfigScalar& value) {
  double into = -1;
  return read(ShareSlot{&into}, into, value);
}
Result<Duration> time(const ConfigScalar& value) {
  Duration into{};
  return read(TimeSlot{&into, 10ms, 1h}, into, value);
}

TEST(Share, IsANumberOrAPercentage) {
  EXPECT_DOUBLE_EQ(share(0.8).value(), 0.8);
  EXPECT_DOUBLE_EQ(share(Text("80%")).value(), 0.8);
  EXPECT_DOUBLE_EQ(share(Text("92.5 %")).value(), 0.925);
  EXPECT_DOUBLE_EQ(share(std::int64_t{1}).value(), 1.0);
}

TEST(Share, AnythingElseIsRefusedWithWhatIsAllowed) {
  for (const ConfigScalar& value :
       {ConfigScalar(80.0), ConfigScalar(std::int64_t{80}), ConfigScalar(-0.1), ConfigScalar(true),
        ConfigScalar(Text("80")), ConfigScalar(Text("120%")), ConfigScalar(Text("%")),
        ConfigScalar(Text("-5%")), ConfigScalar(NAN), ConfigScalar(INFINITY), ConfigScalar()}) {
    const auto result = share(value);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().hint, "\"0%\" to \"100%\" or 0.0 to 1");
  }
}

TEST(Time, IsTextWithAUnitOrSeconds) {
  EXPECT_EQ(time(Text("250ms")).value(), 250ms);
  EXPECT_EQ(time(std::int64_t{5}).value(), 5s);
  EXPECT_EQ(time(0.5).value(), 500ms);
  for (const ConfigScalar& value :
       {ConfigScalar(Text("soon")), ConfigScalar(true), ConfigScalar(Text("1ms")),
        ConfigScalar(Text("2h")), ConfigScalar(-1.0), ConfigScalar(1e300), ConfigScalar(NAN)}) {
    EXPECT_FALSE(time(value));
  }
  EXPECT_EQ(time(Text("1ms")).error().hint, "10 ms to 60 min");
}

TEST(Size, IsTextWithAUnitOrBytes) {
  Bytes into;
  const SizeSlot slot{&into, 64_KiB};
  EXPECT_EQ(read(slot, into, Text("2MiB")).value(), 2_MiB);
  EXPECT_EQ(read(slot, into, std::int64_t{65536}).value(), 64_KiB);
  EXPECT_FALSE(assign(slot, Text("1KiB")));
  EXPECT_FALSE(assign(slot, std::int64_t{-5}));
  EXPECT_FALSE(assign(slot, 1e9));
  EXPECT_FALSE(assign(slot, Text("much")));
}

TEST(Optional, CanBeUnset) {
  std::optional<Bytes> floor = 5_MiB;
  ASSERT_TRUE(assign(&floor, Text("none")));
  EXPECT_EQ(floor, std::nullopt);
  ASSERT_TRUE(assign(&floor, Text("512MiB")));
  EXPECT_EQ(floor, 512_MiB);
  EXPECT_NE(assign(&floor, true).error().hint.find("none"), std::string::npos);
}

TEST(Words, AreCheckedAgainstTheKnownOnes) {
  Rung rung = Rung::trim;
  EXPECT_TRUE(assign(&rung, Text("offload")));
  EXPECT_EQ(rung, Rung::offload);
  const auto wrong = assign(&rung, Text("kill"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().what, "\"kill\" is unknown");
  EXPECT_NE(wrong.error().hint.find("notify, trim, unload_idle"), std::string::npos);
  Severity severity = Severity::info;
  EXPECT_TRUE(assign(&severity, Text("debug")));
  EXPECT_FALSE(assign(&severity, std::int64_t{3}));
}

TEST(Paths, AreAbsoluteOrEmpty) {
  std::string path = "/x";
  EXPECT_TRUE(assign(PathSlot{&path}, Text("")));
  EXPECT_TRUE(assign(PathSlot{&path}, Text("/run/a")));
  EXPECT_FALSE(assign(PathSlot{&path}, Text("run/a")));
  EXPECT_EQ(path, "/run/a");
}

TEST(Lists, HoldTextOnly) {
  std::vector<std::string> list;
  EXPECT_TRUE(assign(&list, std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(list.size(), 2);
  EXPECT_FALSE(assign(&list, Text("a")));
  EXPECT_FALSE(assign(&list, ConfigScalar()));
}

TEST(AFailedValue, LeavesTheSlotAlone) {
  int number = 7;
  bool flag = true;
  EXPECT_FALSE(assign(NumberSlot{&number, 0, 10}, std::int64_t{11}));
  EXPECT_FALSE(assign(&flag, std::int64_t{0}));
  EXPECT_EQ(number, 7);
  EXPECT_TRUE(flag);
}

TEST(Spelled, TimesAndSizesKeepEveryDigit) {
  const auto spell = [](Duration d) { return spelled(TimeSlot{&d}); };
  EXPECT_EQ(spell(0s), "\"0s\"");
  EXPECT_EQ(spell(20ms), "\"20ms\"");
  EXPECT_EQ(spell(1234ms), "\"1234ms\"");
  EXPECT_EQ(spell(Duration(1)), "\"0.000001ms\"");
  EXPECT_EQ(spell(90s), "\"90s\"");
  EXPECT_EQ(spell(10min), "\"10m\"");
  EXPECT_EQ(spell(24h), "\"1d\"");
  const auto size = [](Bytes b) { return spelled(SizeSlot{&b}); };
  EXPECT_EQ(size(64_MiB), "\"64MiB\"");
  EXPECT_EQ(size(1025_B), "1025");
  EXPECT_EQ(size(0_B), "0");
  double percent = 0.8;
  EXPECT_EQ(spelled(ShareSlot{&percent}), "\"80%\"");
  double rate = 6e9;
  EXPECT_EQ(spelled(RateSlot{&rate}), "\"6GB\"");
}

TEST(Spelled, WhatIsNotSetIsEmpty) {
  std::optional<int> priority;
  EXPECT_EQ(spelled(&priority), "");
}

TEST(Quoted, EscapesWhatTomlWouldMisread) {
  EXPECT_EQ(quoted("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000A\\u007F\"");
}

}  // namespace
}  // namespace spillway
