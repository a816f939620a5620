#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/parse.h"
#include "json/samples_test.h"

namespace spillway {
namespace {

using nlohmann::json;

template <class T>
std::string error_of(const std::string& text) {
  const auto result = from_text<T>(text);
  return result ? "no error" : to_string(result.error());
}

TEST(FromJson, TheErrorNamesThePathOfTheWrongMember) {
  EXPECT_EQ(
      error_of<Snapshot>(R"({"pools":[{"pool":"a"},{"pool":"b"},{"pool":"c","used_bytes":"9"}]})"),
      "pools[2].used_bytes: not an integer");
  EXPECT_EQ(error_of<Tenant>(R"({"id":"a","taken":[{"rung":"offload","changes":[{"pool":3}]}]})"),
            "taken[0].changes[0].pool: not text");
  EXPECT_EQ(error_of<Tenant>(R"({"id":"a","abilities":{"trim":1}})"),
            "abilities.trim: not true or false");
  EXPECT_EQ(error_of<Snapshot>(R"({"pools":{}})"), "pools: not an array");
  EXPECT_EQ(error_of<Snapshot>(R"({"pools":[7]})"), "pools[0]: not an object");
}

TEST(FromJson, WhatIdentifiesAThingMustBeThere) {
  EXPECT_EQ(error_of<Tenant>("{}"), "\"id\" is missing");
  EXPECT_EQ(error_of<Snapshot>(R"({"pools":[{}]})"), "pools[0]: \"pool\" is missing");
  EXPECT_EQ(error_of<Offer>(R"({"tenant":"a","action":"b"})"), "\"rung\" is missing");
}

TEST(FromJson, AnUnknownWordIsRefusedWithTheKnownOnes) {
  EXPECT_EQ(error_of<Assessment>(R"({"level":"panic"})"),
            "level: \"panic\" is none of normal, warning, critical, emergency, shutdown");
}

TEST(FromJson, NullIsUnknownWhereThatIsPossibleAndWrongElsewhere) {
  const auto reading = from_text<PoolReading>(R"({"pool":"ram","used_bytes":null})");
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->used, std::nullopt);
  EXPECT_EQ(error_of<PoolReading>(R"({"pool":null})"), "pool: not text");
  EXPECT_EQ(error_of<PoolChange>(R"({"pool":"ram","delta_bytes":null})"),
            "delta_bytes: not an integer");
}

TEST(ToJson, UnknownIsNullAndNeverZero) {
  PoolReading reading;
  reading.pool = kRam;
  reading.total = 0_B;
  const json document = to_json(reading);
  EXPECT_TRUE(document["used_bytes"].is_null());
  EXPECT_EQ(document["total_bytes"], 0);
  EXPECT_EQ(to_compact_text(reading).find("used_bytes"), std::string::npos);
}

TEST(FromJson, HugeNumbersAreRefusedOrLimited) {
  EXPECT_EQ(error_of<PoolReading>(R"({"pool":"ram","used_bytes":18446744073709551615})"),
            "used_bytes: out of range");
  EXPECT_EQ(error_of<PoolReading>(R"({"pool":"ram","used_bytes":1e15})"),
            "used_bytes: not an integer");
  EXPECT_EQ(error_of<Tenant>(R"({"id":"a","priority":3000000000})"), "priority: out of range");
  EXPECT_EQ(error_of<Tenant>(R"({"id":"a","uid":-1})"), "uid: out of range");
  EXPECT_NE(error_of<PoolReading>(R"({"pool":"ram","used_bytes":1e999})"), "no error");
  const auto far = from_text<Offer>(
      R"({"tenant":"a","action":"b","rung":"trim","cost_give_ns":9223372036854775807})");
  ASSERT_TRUE(far);
  EXPECT_GT(far->cost_give, 24h * 365 * 50);
  EXPECT_LT(far->cost_give + far->cost_give, Duration::max());
}

TEST(FromJson, OfARepeatedMemberTheLastCounts) {
  const auto step = from_text<PoolChange>(R"({"pool":"ram","pool":"swap","delta_bytes":1})");
  ASSERT_TRUE(step);
  EXPECT_EQ(step->pool, kSwap);
}

TEST(ParseDocument, DepthAndCountAreBoundedBeforeMemoryIsSpent) {
  EXPECT_FALSE(parse_document(std::string(1 << 20, '[')));
  EXPECT_FALSE(parse_document(std::string(33, '[') + std::string(33, ']')));
  EXPECT_TRUE(parse_document(std::string(32, '[') + std::string(32, ']')));
  EXPECT_TRUE(parse_document("\"" + std::string(100, '[') + "\\\"[\""));
  std::string many = "[0";
  for (int i = 0; i < 100; ++i) many += ",0";
  EXPECT_FALSE(parse_document(many + "]", {.depth = 8, .values = 100}));
  EXPECT_TRUE(parse_document(many + "]", {.depth = 8, .values = 101}));
}

TEST(ParseDocument, GarbageIsAnErrorAndNeverAnException) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("nul"), std::string("{\"a\":}"),
        std::string("{} {}"), std::string("\"\xff\""), std::string("\"\\ud800\""),
        std::string(3, '\0'), std::string("]"), std::string("\"\\"), std::string("NaN"),
        std::string("'a'"), std::string("{a:1}"), std::string("01")}) {
    const auto result = parse_document(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, Errc::invalid);
    EXPECT_EQ(result.error().what.find("json.exception"), std::string::npos);
  }
}

}  // namespace
}  // namespace spillway
