#include "fit/toml/table_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway::fit {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines(const std::vector<Error>& errors) {
  std::vector<std::string> lines;
  for (const Error& error : errors) lines.push_back(to_string(error));
  return lines;
}

TEST(Toml, SaysWhereItStopsToBeToml) {
  const auto parsed = parse_toml("a = 1\nb = = 2\n", "x.toml");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().where, testing::StartsWith("x.toml:2:5"));
  EXPECT_FALSE(parse_toml("a = 1\na = 2\n", "x.toml"));
  EXPECT_FALSE(parse_toml("\xc3\xa4 = 1\n", "x.toml"));
  EXPECT_FALSE(parse_toml(std::string(5000, '['), "x.toml"));
  EXPECT_FALSE(parse_toml("a = " + std::string(5000, '[') + std::string(5000, ']'), "x.toml"));
}

TEST(TableReader, ReadsEveryKind) {
  const auto table = parse_toml(R"(
    text = "a"
    flag = true
    whole = -3
    real = 0.5
    amount = "1.5 GiB"
    range = ["1GB", "2GB", 3000000000]
    list = ["x", "y"]
    [[part]]
    [[part]]
  )",
                                "x.toml");
  ASSERT_TRUE(table);
  std::vector<Error> errors;
  TableReader reader(*table, "x.toml", errors);
  EXPECT_EQ(reader.text("text"), "a");
  EXPECT_EQ(reader.flag("flag"), true);
  EXPECT_EQ(reader.whole("whole"), -3);
  EXPECT_EQ(reader.number("whole"), -3.0);
  EXPECT_EQ(reader.number("real"), 0.5);
  EXPECT_EQ(reader.bytes("amount"), 1.5_GiB);
  EXPECT_THAT(reader.amounts("range"),
              ElementsAre(1'000'000'000_B, 2'000'000'000_B, 3'000'000'000_B));
  EXPECT_THAT(reader.amounts("amount"), ElementsAre(1.5_GiB, 1.5_GiB, 1.5_GiB));
  EXPECT_THAT(reader.texts("list"), ElementsAre("x", "y"));
  EXPECT_EQ(reader.plain("whole"), "-3");
  EXPECT_EQ(reader.plain("flag"), "true");
  EXPECT_EQ(reader.tables("part").size(), 2U);
  EXPECT_EQ(reader.text("absent"), std::nullopt);
  reader.finish();
  EXPECT_THAT(lines(errors), ElementsAre());
}

TEST(TableReader, SaysWhatIsWrongAndWhere) {
  const auto table = parse_toml(
      "a = 1\nb = \"x\"\nc = \"many\"\nd = [\"2GB\", \"1GB\", \"3GB\"]\ne = -1\nf = [1, 2]\n"
      "g = 1979-05-27\nmodle = 1\n",
      "x.toml");
  ASSERT_TRUE(table);
  std::vector<Error> errors;
  TableReader reader(*table, "x.toml", errors);
  reader.text("a");
  reader.whole("b");
  reader.bytes("c");
  reader.amounts("d");
  reader.bytes("e");
  reader.texts("f");
  reader.plain("g");
  reader.tables("a");
  reader.text("model");
  reader.finish();
  ASSERT_EQ(errors.size(), 9U);
  EXPECT_EQ(lines(errors)[0], "x.toml:1:5: a: is no text");
  EXPECT_EQ(lines(errors)[1], "x.toml:2:5: b: is no whole number");
  EXPECT_EQ(errors[3].where, "x.toml:4:5");
  EXPECT_EQ(lines(errors)[8], "x.toml:8:9: unknown key modle (did you mean model?)");
}

}  // namespace
}  // namespace spillway::fit
