#include "render/who.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

using doctor::Holdings;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Holdings holdings() {
  Holdings h;
  h.programs = {{.program = "ollama",
                 .unit = "ollama.service",
                 .container = {},
                 .pids = {7, 9},
                 .held = {{kRam, 6_GiB}},
                 .peak_ram = 7_GiB},
                {.program = "evil\033[2J",
                 .unit = {},
                 .container = "abc",
                 .pids = {8},
                 .held = {{kRam, 1_GiB}}}};
  h.accounts = {
      {kRam, 16_GiB, {{"kernel", 1_GiB}, {doctor::kFree, 7_GiB}, {doctor::kUnaccounted, 1_GiB}}}};
  return h;
}

TEST(WhoLines, EachColumnAddsUp) {
  const auto lines = who_lines(holdings(), "", false, {});
  EXPECT_THAT(lines, ElementsAre(HasSubstr("PROGRAM"),
                                 AllOf(HasSubstr("ollama.service"), HasSubstr("6 GiB")),
                                 HasSubstr("container abc"), HasSubstr("kernel"),
                                 HasSubstr("unaccounted"), HasSubstr("free"), HasSubstr("16 GiB")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("\033"))));
}

TEST(WhoLines, APatternLeavesWhatItNames) {
  EXPECT_THAT(who_lines(holdings(), "OLLA", false, {}),
              ElementsAre(HasSubstr("PROGRAM"), HasSubstr("ollama"), HasSubstr("together")));
  EXPECT_THAT(who_lines(holdings(), "nobody", false, {}), ElementsAre(HasSubstr("nobody")));
}

TEST(WhoLines, SmallOnesAreOneRow) {
  Holdings h = holdings();
  for (int i = 0; i < 30; ++i) {
    h.programs.push_back({.program = "p" + std::to_string(i),
                          .unit = {},
                          .container = {},
                          .pids = {100 + i},
                          .held = {{kRam, 1_MiB}}});
  }
  EXPECT_THAT(who_lines(h, "", false, {}), Contains(HasSubstr("17 others")));
  EXPECT_THAT(who_lines(h, "", true, {}), Contains(HasSubstr("p29")));
}

TEST(WhoDocument, HasEveryProgramAndTheRest) {
  StatusReport report;
  report.source = "direct";
  const auto json = nlohmann::json::parse(who_document(holdings(), "", report));
  EXPECT_EQ(json["schema"], "spillway.who/1");
  EXPECT_EQ(json["memories"][0]["unaccounted_bytes"], 1 << 30);
  EXPECT_EQ(json["memories"][0]["counted_twice_bytes"], 0);
  EXPECT_EQ(json["programs"][0]["program"], "ollama");
  EXPECT_EQ(json["programs"][0]["container"], nullptr);
  EXPECT_EQ(json["programs"][0]["holds"][0]["bytes"], 6LL << 30);
}

}  // namespace
}  // namespace spillway
