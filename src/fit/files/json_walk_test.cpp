#include "fit/files/json_walk.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/mutations.h"
#include "tests/support/published_configs.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

std::string shown(const JsonScalar& value) {
  if (std::holds_alternative<std::nullptr_t>(value)) return "null";
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) return "~" + std::to_string(*real);
  if (const auto* text = std::get_if<std::string_view>(&value))
    return "'" + std::string(*text) + "'";
  return std::get<JsonEmpty>(value).is_array ? "[]" : "{}";
}

// "a.0=1 a.1=2", or what is wrong.
std::string walked(HeaderReader in) {
  std::string out;
  walk_json(in, in.size(), [&](const JsonPath& path, const JsonScalar& value) {
    out += (out.empty() ? "" : " ") + to_string(path) + "=" + shown(value);
    return true;
  });
  return in.ok() ? out : to_string(in.error().value());
}
std::string walked(std::string_view text) { return walked(HeaderReader::over(text, "j")); }

TEST(JsonWalkTest, TellsEveryValueAndWhereItIs) {
  EXPECT_EQ(walked(R"({"a":[1,-2,[3],{"b":true}],"c":null,"d":"x"})"),
            "a.0=1 a.1=-2 a.2.0=3 a.3.b=true c=null d='x'");
  EXPECT_EQ(walked(R"( { "a" : { } , "b" : [ ] , "c" : [ [ ] , 1 ] } )"), "a={} b=[] c.0=[] c.1=1");
  EXPECT_EQ(walked("[0.5,1e3,false]"), "0=~0.500000 1=~1000.000000 2=false");
  EXPECT_EQ(walked("7"), "=7");
  EXPECT_EQ(walked(R"(["\"\\\/\b\n\t\u0041\u00e9\u20AC"])"),
            "0='\"\\/\b\n\tA\xc3\xa9\xe2\x82\xac'");
  EXPECT_EQ(walked("[9223372036854775807,9223372036854775808]"),
            "0=9223372036854775807 1=~9223372036854775808.000000");
}

TEST(JsonWalkTest, RefusesWhatIsNoJson) {
  for (const char* text :
       {"",        "{",           "[",         "{]",    "[}",      "[1,]",  "{,}",
        "{\"a\"}", "{\"a\":}",    "{\"a\" 1}", "{a:1}", "[01]",    "[+1]",  "[.5]",
        "[1.]",    "[1e]",        "[-]",       "[nul]", "[truex]", "\"",    "\"\\",
        "\"\\x\"", "\"\\u12g4\"", "\"\n\"",    "1 2",   "{} {}",   "[1 2]", "{\"a\":1 \"b\":2}",
        "[1e999]", "nan",         "'a'"}) {
    EXPECT_NE(walked(text).find("no JSON"), std::string::npos) << text << ": " << walked(text);
  }
  EXPECT_NE(walked(std::string(600, '1')).find("no JSON"), std::string::npos);
}

TEST(JsonWalkTest, RefusesDoubleMembersAndDepthWithTheByte) {
  EXPECT_EQ(walked(R"({"a":1,"b":{"a":2,"c":3}})"), "a=1 b.a=2 b.c=3");
  EXPECT_NE(walked(R"({"a":1,"b":2,"a":3})").find("'a' is there twice"), std::string::npos);
  EXPECT_NE(walked(R"({"a":1,"\u0061":3})").find("twice"), std::string::npos);
  EXPECT_EQ(walked(std::string(64, '[') + "1" + std::string(64, ']')).substr(0, 6), "0.0.0.");
  EXPECT_NE(walked(std::string(65, '[')).find("byte 64: no JSON: nested deeper"),
            std::string::npos);
}

TEST(JsonWalkTest, TextsAndNumbersMayLieAcrossWindows) {
  const support::TempDir dir;
  std::string text = "[";
  for (int i = 0; i < 60'000; ++i) text += "\"t\\u0041" + std::to_string(i) + "\",12345678,";
  for (int i = 0; i < 60'000; ++i) text += "\"a plain text " + std::to_string(i) + "\",";
  text += "true]";
  auto in = HeaderReader::open(dir.write("j", text));
  ASSERT_TRUE(in);
  EXPECT_EQ(walked(*in), walked(text));
}

// nlohmann's parser is asked whether each is JSON: it should know.
TEST(JsonWalkTest, AgreesWithAnotherParserOnEveryMutation) {
  const auto agree = [](const std::string& text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
    if (!plain) return;  // it checks UTF-8 too
    const std::string mine = walked(text);
    const bool read = mine.find("j: byte") == mine.npos;
    const auto theirs = nlohmann::json::parse(text, nullptr, false);
    if (mine.find("there twice") != mine.npos || mine.find("none holds") != mine.npos) return;
    EXPECT_EQ(read, !theirs.is_discarded()) << text << "\n" << mine;
  };
  support::each_mutation(R"({"a":[1,-2.5e3,true,null],"b":{"c":"x\n\u0041"},"d":[[],{}]})", agree);
  support::each_mutation(support::published_configs()[0].text, agree);
}

}  // namespace
}  // namespace spillway::fit
