#include "render/canvas.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(Printable, LeavesTextAndTakesTheTeethOutOfEscapes) {
  EXPECT_EQ(printable("llama-server"), "llama-server");
  EXPECT_EQ(printable("größe 日本"), "größe 日本");
  EXPECT_EQ(printable("a\033[31mb\nc\x7f"), "a?[31mb?c?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "??31m")
      << "CSI as a C1 control";
  EXPECT_EQ(printable("\xff\xc0\xaf\xe0\x80\x80 \xed\xa0\x80 \xf5\x80"), "?????? ??? ??");
  EXPECT_EQ(printable("cut \xe6\x97"), "cut ??");
}

TEST(Cut, CountsCharactersAndShowsThatSomethingIsMissing) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 5), "abc..");
  EXPECT_EQ(cut("größe", 5), "größe");
  EXPECT_EQ(cut("größere", 5), "grö..");
  EXPECT_EQ(cut("abc", 2), "ab");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Painted, IsPlainWithoutColors) {
  EXPECT_EQ(painted("warning", Paint::caution, {.color = false}), "warning");
  EXPECT_EQ(painted("warning", Paint::caution, {.color = true}), "\033[33mwarning\033[0m");
  EXPECT_EQ(painted("warning", Paint::plain, {.color = true}), "warning");
}

const std::vector<Column> kHead{
    {.title = "NAME", .flexible = true}, {.title = "SIZE", .right = true}, {.title = "WHY"}};

TEST(Table, AlignsColumnsAndLeavesNoBlanksAtTheEnd) {
  const auto lines =
      table(kHead, {{{"stt"}, {"1.5 GiB"}, {"idle"}}, {{"llm-big"}, {"7 B"}, {""}}}, {});
  EXPECT_EQ(lines, (std::vector<std::string>{"NAME        SIZE  WHY",   //
                                             "stt      1.5 GiB  idle",  //
                                             "llm-big      7 B"}));
}

TEST(Table, LeavesOutAColumnThatNoRowFills) {
  const auto lines = table(kHead, {{{"stt"}, {""}, {"idle"}}, {{"tts"}}}, {});
  EXPECT_EQ(lines, (std::vector<std::string>{"NAME  WHY", "stt   idle", "tts"}));
}

TEST(Table, CutsTheFlexibleColumnWhenTheCanvasIsNarrow) {
  const auto lines =
      table(kHead, {{{"a-very-long-name-indeed"}, {"1 GiB"}, {"idle"}}}, {.width = 24});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "a-very-lo..  1 GiB  idle");
}

TEST(Table, ColorsDoNotChangeTheAlignment) {
  const std::vector<std::vector<Cell>> rows{{{"a", Paint::bad}, {"1"}}, {{"bb"}, {"2"}}};
  const auto lines = table({{}, {}}, rows, {.color = true});
  EXPECT_EQ(lines, (std::vector<std::string>{"\033[1;31ma\033[0m   1", "bb  2"}));
}

TEST(Table, MakesHostileCellsHarmless) {
  EXPECT_EQ(table({{}}, {{{"x\033]0;owned\a"}}}, {}).front(), "x?]0;owned?");
}

}  // namespace
}  // namespace spillway
