#include "render/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

using nlohmann::json;
using testing::HasSubstr;

ContextReplay sample() {
  ContextReplay replay;
  replay.budget = 8000;
  replay.runs = 1;
  replay.requests = 5;
  replay.refused = 1;
  replay.cuts = 2;
  replay.sent = 40'000;
  replay.kept = 16'000;
  replay.cleared = 24'000;
  replay.refilled = 8800;
  replay.never = 10'000;
  replay.sent_line = {1000, 5000, 9000};
  replay.kept_line = {1000, 5000, 4000};
  return replay;
}

TEST(ContextReplayLines, AreMeansOfTheRequestsThatLeft) {
  const auto lines = context_replay_lines({sample()}, {});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], HasSubstr("10000"));  // sent
  EXPECT_THAT(lines[1], HasSubstr("50 %"));
  EXPECT_THAT(lines[1], HasSubstr("1.10"));  // 2,200 of 2,000
}

TEST(ContextReplayLines, NothingAtAllIsNoDivisionByZero) {
  EXPECT_EQ(context_replay_lines({ContextReplay{}}, {}).size(), 2U);
  EXPECT_THAT(context_replay_svg({}), testing::EndsWith("</svg>\n"));
}

TEST(ContextReplayDocument, HasTheSums) {
  const json document = json::parse(context_replay_document({sample()}));
  EXPECT_EQ(document["schema"], "spillway.context.replay/1");
  EXPECT_EQ(document["budgets"][0]["kept_tokens"], 16'000);
  EXPECT_EQ(document["budgets"][0]["kept_ratio"], 0.5);
}

TEST(ContextReplaySvg, DrawsALinePerBudget) {
  const std::string svg = context_replay_svg({sample(), sample()});
  std::size_t lines = 0;
  for (auto at = svg.find("<polyline"); at != svg.npos; at = svg.find("<polyline", at + 1)) ++lines;
  EXPECT_EQ(lines, 3U);  // as sent, and two
}

TEST(ContextTrimDocument, HasTheMessagesAsTheyLeave) {
  context::Trimmed made;
  made.messages = R"([ {"role":"user", "x":1.0} ])";
  made.changed = true;
  made.edits.list.push_back({context::EditKind::drop, 4, 255, "", 12});
  const std::string text = context_trim_document(made);
  EXPECT_THAT(text, HasSubstr(made.messages));
  const json document = json::parse(text);
  EXPECT_EQ(document["edits"][0]["kind"], "drop");
  EXPECT_EQ(document["edits"][0]["identity"], "00000000000000ff");
  EXPECT_EQ(document["output_cap_tokens"], nullptr);
}

}  // namespace
}  // namespace spillway
