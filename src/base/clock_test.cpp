#include "base/clock.h"

#include <gtest/gtest.h>

#include <limits>

namespace spillway {
namespace {

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  const TimePoint before = clock.now();
  EXPECT_GE(clock.now(), before);
  EXPECT_GT(clock.wall().unix_ns, 1'500'000'000'000'000'000);
}

TEST(Rfc3339, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339({1'795'191'600'123'000'000}), "2026-11-20T16:20:00.123Z");
  EXPECT_EQ(to_rfc3339({-1'000'000}), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, IsReadBack) {
  for (const std::int64_t ms :
       {0LL, -1LL, 1'795'191'600'123LL, 951'782'400'000LL, 7'258'118'400'000LL}) {
    const WallTime time{ms * 1'000'000};
    EXPECT_EQ(parse_rfc3339(to_rfc3339(time)).value(), time) << ms;
  }
}

TEST(Rfc3339, OffsetsAndOtherFractionsAreRead) {
  EXPECT_EQ(parse_rfc3339("2026-11-20T17:20:00+01:00").value().unix_ns, 1'795'191'600'000'000'000);
  EXPECT_EQ(parse_rfc3339("2026-11-20T16:20:00.5Z").value().unix_ns, 1'795'191'600'500'000'000);
  EXPECT_EQ(parse_rfc3339("2026-11-20T16:20:00.123456789Z").value().unix_ns,
            1'795'191'600'123'456'789);
}

TEST(Rfc3339, GarbageIsAnError) {
  for (const char* text :
       {"", "yesterday", "2026-11-20", "2026-11-20T16:20:00", "2026-13-20T16:20:00Z",
        "2026-02-30T16:20:00Z", "2026-11-20T25:20:00Z", "2026-11-20T16:20:00.Z",
        "2026-11-20T16:20:00.1234567890Z", "2026-11-20T16:20:00Zx", "2026-11-20T16:20:00+1:00",
        "9999-11-20T16:20:00Z", "-026-11-20T16:20:00Z", "2026-11-20T16:20:60Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Durations, AreReadInEveryUnit) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("90").value(), 90s);
  EXPECT_EQ(parse_duration("10m").value(), 10min);
  EXPECT_EQ(parse_duration(" 10 min ").value(), 10min);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_EQ(parse_duration("8d").value(), 192h);
  for (const char* text : {"", "s", "-1s", "1 fortnight", "1e3", "99999999d", "nan"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Durations, AreWrittenWithoutExponents) {
  EXPECT_EQ(to_string(Duration(0)), "0 s");
  EXPECT_EQ(to_string(Duration(500)), "0.5 us");
  EXPECT_EQ(to_string(Duration(20us)), "20 us");
  EXPECT_EQ(to_string(Duration(250ms)), "250 ms");
  EXPECT_EQ(to_string(Duration(1500ms)), "1.5 s");
  EXPECT_EQ(to_string(Duration(999'900us)), "1 s");
  EXPECT_EQ(to_string(Duration(999'990ns)), "1 ms");
  EXPECT_EQ(to_string(Duration(90s)), "90 s");
  EXPECT_EQ(to_string(Duration(10min)), "10 min");
  EXPECT_EQ(to_string(Duration(8 * 24h)), "8 d");
  EXPECT_EQ(to_string(Duration(1234 * 24h)), "1234 d");
  EXPECT_EQ(to_string(Duration(-3s)), "-3 s");
}

TEST(Durations, FromSecondsSaturates) {
  EXPECT_EQ(from_seconds(0.25), 250ms);
  EXPECT_EQ(from_seconds(1e300), Duration::max());
  EXPECT_EQ(from_seconds(-1e300), Duration::min());
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::infinity()), Duration::max());
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::quiet_NaN()), Duration::zero());
}

}  // namespace
}  // namespace spillway
