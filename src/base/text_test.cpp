#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spillway {
namespace {

TEST(ParseU64, TakesDigitsOnly) {
  EXPECT_EQ(parse_u64("0"), 0U);
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615ULL);
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "18446744073709551616", "abc"}) {
    EXPECT_EQ(parse_u64(text), std::nullopt) << text;
  }
}

TEST(ParseI64, TakesOneLeadingMinus) {
  EXPECT_EQ(parse_i64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_i64("17"), 17);
  for (const char* text : {"", "-", "--1", "+1", "9223372036854775808", "1-"}) {
    EXPECT_EQ(parse_i64(text), std::nullopt) << text;
  }
}

TEST(ParseDecimal, TakesNoSignExponentOrWords) {
  EXPECT_DOUBLE_EQ(parse_decimal("12.34").value(), 12.34);
  EXPECT_DOUBLE_EQ(parse_decimal("0").value(), 0.0);
  EXPECT_EQ(parse_decimal("0.1"), 0.1) << "to the last bit";
  EXPECT_EQ(parse_decimal("99.99"), 99.99);
  EXPECT_EQ(parse_decimal("123456789.012345"), 123456789.012345);
  EXPECT_EQ(parse_decimal("5."), 5.0);
  EXPECT_EQ(parse_decimal(".5"), 0.5);
  EXPECT_DOUBLE_EQ(parse_decimal(std::string(30, '1')).value(), 1.1111111111111111e29);
  EXPECT_DOUBLE_EQ(parse_decimal("0." + std::string(30, '3')).value(), 1.0 / 3);
  const std::string huge(400, '9');
  for (const std::string& text :
       {std::string(), std::string("."), std::string("1.2.3"), std::string("-1"),
        std::string("1e5"), std::string("nan"), std::string("inf"), huge}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

TEST(Trimmed, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trimmed("  a b\t\r\n"), "a b");
  EXPECT_EQ(trimmed(" \n\t "), "");
  EXPECT_EQ(trimmed(""), "");
}

std::vector<std::string> tokens(std::string_view rest, char separator) {
  std::vector<std::string> all;
  while (const auto token = next_token(rest, separator)) all.emplace_back(*token);
  return all;
}

std::vector<std::string> words(std::string_view rest) {
  std::vector<std::string> all;
  while (const auto word = next_word(rest)) all.emplace_back(*word);
  return all;
}

using Words = std::vector<std::string>;

TEST(NextToken, KeepsEmptyTokensBetweenSeparators) {
  EXPECT_EQ(tokens("a::b", ':'), (Words{"a", "", "b"}));
  EXPECT_EQ(tokens("a:", ':'), (Words{"a"}));
  EXPECT_EQ(tokens(":", ':'), (Words{""}));
  EXPECT_EQ(tokens("", ':'), Words{});
}

TEST(NextWord, SkipsRunsOfBlanks) {
  EXPECT_EQ(words("  MemTotal:   16384 kB \n"), (Words{"MemTotal:", "16384", "kB"}));
  EXPECT_EQ(words(" \t "), Words{});
}

TEST(Matches, KnowsStarOnly) {
  EXPECT_TRUE(matches("vram:*", "vram:GPU-1"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("ram", "ram"));
  EXPECT_TRUE(matches("cgroup:*/ollama*.service", "cgroup:/system.slice/ollama-2.service"));
  EXPECT_TRUE(matches("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(matches("ram", "vram"));
  EXPECT_FALSE(matches("vram:*", "ram"));
  EXPECT_FALSE(matches("", "ram"));
  EXPECT_FALSE(matches("ra?", "ram"));
}

TEST(Matches, SurvivesHostilePatterns) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", std::string(1000, 'a')));
}

TEST(Percent, HasOneDecimalWhereItMatters) {
  EXPECT_EQ(percent(0.423), "42 %");
  EXPECT_EQ(percent(0.004), "0.4 %");
  EXPECT_EQ(percent(0), "0 %");
  EXPECT_EQ(percent(1.04), "104 %");
}

}  // namespace
}  // namespace spillway
