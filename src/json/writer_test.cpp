#include "json/writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace spillway {
namespace {

template <class T>
std::string written(const T& value) {
  JsonWriter out;
  out.value(value);
  return out.take();
}

TEST(JsonWriter, SeparatesMembersAndItems) {
  JsonWriter out;
  out.begin_object();
  out.member("a", 1);
  out.key("b");
  out.begin_array();
  out.value(1.5);
  out.value(nullptr);
  out.begin_object();
  out.end_object();
  out.end_array();
  out.member("c", "x");
  out.end_object();
  EXPECT_EQ(out.text(), R"({"a":1,"b":[1.5,null,{}],"c":"x"})");
}

TEST(JsonWriter, IndentsForPeople) {
  JsonWriter out(2);
  out.begin_object();
  out.member("a", 1);
  out.key("b");
  out.begin_array();
  out.value(true);
  out.value(false);
  out.end_array();
  out.key("c");
  out.begin_array();
  out.end_array();
  out.end_object();
  EXPECT_EQ(out.text(), "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    false\n  ],\n  \"c\": []\n}");
}

TEST(JsonWriter, RawTextIsTakenAsItIsAndSeparatedLikeAnyValue) {
  JsonWriter out;
  out.begin_object();
  out.key("a");
  out.raw(R"({"b":[1,"\\"]})");
  out.key("c");
  out.begin_array();
  out.raw("1");
  out.raw("null");
  out.end_array();
  out.member("d", 2);
  out.end_object();
  EXPECT_EQ(out.text(), R"({"a":{"b":[1,"\\"]},"c":[1,null],"d":2})");
}

TEST(JsonWriter, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(written("a\"b\\c\n\t\x01\x1f/"), R"("a\"b\\c\n\t\u0001\u001f/")");
  EXPECT_EQ(written(std::string("\0", 1)), R"("\u0000")");
}

TEST(JsonWriter, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(written("h\xC3\xA9 \xF0\x9F\x98\x80"), "\"h\xC3\xA9 \xF0\x9F\x98\x80\"");
  for (const char* bad : {"\xFF", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xE2\x82", "\xF0\x80\x80\x80", "\x80"}) {
    const std::string text = written(bad);
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << text;
    EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos) << text;
  }
}

TEST(JsonWriter, EveryByteSequenceMakesValidJson) {
  std::string bytes;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; b += 7) bytes += {static_cast<char>(a), static_cast<char>(b)};
  }
  EXPECT_FALSE(nlohmann::json::parse(written(bytes), nullptr, false).is_discarded());
}

TEST(JsonWriter, NumbersAreReadBackExactly) {
  for (const double number : {0.1, 1.0 / 3, 6e9, 1e300, -2.5e-8, 0.0}) {
    EXPECT_EQ(nlohmann::json::parse(written(number)).get<double>(), number);
  }
  EXPECT_EQ(written(-0.0), "0");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(JsonWriter, NumbersThatAreNotFiniteAreUnknown) {
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonWriter, UnitsAndUnknowns) {
  EXPECT_EQ(written(1_KiB), "1024");
  EXPECT_EQ(written(Duration(2us)), "2000");
  EXPECT_EQ(written(TimePoint(1s)), "1000000000");
  EXPECT_EQ(written(WallTime{0}), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(written(std::optional<Bytes>()), "null");
  EXPECT_EQ(written(std::optional<Bytes>(5_B)), "5");
}

}  // namespace
}  // namespace spillway
