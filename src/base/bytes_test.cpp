#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace spillway {
namespace {

constexpr Bytes kMost{std::numeric_limits<std::int64_t>::max()};
constexpr Bytes kLeast{std::numeric_limits<std::int64_t>::min()};

TEST(Bytes, AreWrittenInBinaryUnitsWithThreeDigits) {
  EXPECT_EQ(to_string(0_B), "0 B");
  EXPECT_EQ(to_string(1023_B), "1023 B");
  EXPECT_EQ(to_string(512_KiB), "512 KiB");
  EXPECT_EQ(to_string(1536_MiB), "1.5 GiB");
  EXPECT_EQ(to_string(Bytes{1288490189}), "1.2 GiB");
  EXPECT_EQ(to_string(10_GiB), "10 GiB");
  EXPECT_EQ(to_string(Bytes{13207024435}), "12.3 GiB");
  EXPECT_EQ(to_string(-300_MiB), "-300 MiB");
}

TEST(Bytes, RoundUpToTheNextUnitInsteadOf1024) {
  EXPECT_EQ(to_string(1_MiB - 1_B), "1 MiB");
  EXPECT_EQ(to_string(1_GiB - 1_B), "1 GiB");
}

TEST(Bytes, ExtremesAreWritten) {
  EXPECT_EQ(to_string(kMost), "8192 PiB");
  EXPECT_EQ(to_string(kLeast), "-8192 PiB");
}

TEST(Bytes, EveryUnitIsRead) {
  EXPECT_EQ(parse_bytes("1536").value(), 1536_B);
  EXPECT_EQ(parse_bytes("0").value(), 0_B);
  EXPECT_EQ(parse_bytes("17B").value(), 17_B);
  EXPECT_EQ(parse_bytes("64k").value(), 64_KiB);
  EXPECT_EQ(parse_bytes("64kB").value(), Bytes{64'000});
  EXPECT_EQ(parse_bytes("512MiB").value(), 512_MiB);
  EXPECT_EQ(parse_bytes("512m").value(), 512_MiB);
  EXPECT_EQ(parse_bytes("1.5 GiB").value(), 1536_MiB);
  EXPECT_EQ(parse_bytes("  2GB ").value(), Bytes{2'000'000'000});
  EXPECT_EQ(parse_bytes("1TiB").value(), 1024_GiB);
  EXPECT_EQ(parse_bytes("2 PiB").value(), Bytes{std::int64_t{1} << 51});
}

TEST(Bytes, WhatIsNoAmountIsAnErrorThatSaysWhatIs) {
  for (const char* text :
       {"", " ", "GiB", "-1", "-5GiB", "1.5.5", ".", "12 parsecs", "1GiB!", "0x10", "1e9", "nan",
        "inf", "99999999999999999999999999", "8388608 TiB"}) {
    const auto result = parse_bytes(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, Errc::invalid) << text;
    EXPECT_EQ(result.error().where, text);
    EXPECT_NE(result.error().hint.find("512MiB"), std::string::npos);
  }
}

TEST(Bytes, WhatIsWrittenIsReadBack) {
  for (const Bytes amount : {0_B, 999_B, 512_KiB, 1536_MiB, 10_GiB, 3_GiB}) {
    EXPECT_EQ(parse_bytes(to_string(amount)).value(), amount);
  }
}

TEST(Bytes, SumsOfHostileAmountsSaturateInsteadOfOverflowing) {
  EXPECT_EQ(kMost + 1_B, kMost);
  EXPECT_EQ(kLeast - 1_B, kLeast);
  EXPECT_EQ(kMost - kLeast, kMost);
  EXPECT_EQ(-kLeast, kMost);
  EXPECT_EQ(1_GiB - 3_GiB, -2_GiB);
}

TEST(Bytes, ScaledIsRoundedDownAndNeverLeavesTheRange) {
  EXPECT_EQ(scaled(100_B, 0.755), 75_B);
  EXPECT_EQ(scaled(1_GiB, 1.5), 1536_MiB);
  EXPECT_EQ(scaled(kMost, 10.0), kMost);
  EXPECT_EQ(scaled(kMost, -10.0), kLeast);
  EXPECT_EQ(scaled(1_GiB, std::numeric_limits<double>::quiet_NaN()), 0_B);
}

TEST(Bytes, RatioOfNothingIsZero) {
  EXPECT_DOUBLE_EQ(ratio(1_GiB, 4_GiB), 0.25);
  EXPECT_DOUBLE_EQ(ratio(1_GiB, 0_B), 0.0);
  EXPECT_DOUBLE_EQ(ratio(1_GiB, -1_GiB), 0.0);
}

}  // namespace
}  // namespace spillway
