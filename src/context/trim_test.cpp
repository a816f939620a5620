#include "context/trim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "context/text.h"
#include "context/validity.h"

namespace spillway::context {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

/// An agent's run: a system prompt, a question, calls with their results.
class TrimTest : public testing::Test {
 protected:
  TrimTest() {
    list = {{{"role", "system"}, {"content", "You are helpful."}},
            {{"role", "user"}, {"content", "Find the fault."}}};
  }

  void call(const std::string& tool, const std::string& result, const std::string& arguments = "") {
    const std::string id = "call_" + std::to_string(next++);
    ordered_json asked{{"role", "assistant"}, {"content", nullptr}};
    asked["tool_calls"] = {
        {{"id", id},
         {"type", "function"},
         {"function",
          {{"name", tool},
           {"arguments", arguments.empty() ? "{\"n\":\"" + id + "\"}" : arguments}}}}};
    list.push_back(asked);
    list.push_back({{"role", "tool"}, {"tool_call_id", id}, {"content", result}});
  }
  void say(const char* role, const std::string& words) {
    list.push_back({{"role", role}, {"content", words}});
  }

  tl::expected<Trimmed, Refusal> trimmed(std::uint64_t window, const Edits& before = {}) {
    return trimmed(list.dump(), window, before);
  }
  tl::expected<Trimmed, Refusal> trimmed(const std::string& body, std::uint64_t window,
                                         const Edits& before = {}) {
    text = body;
    ByteCounter counter;
    const auto conversation = read_conversation(text);
    if (!conversation) return tl::unexpected<Refusal>({conversation.error(), 0, 0, 0});
    return trim(*conversation, {window, 0}, policy, counter, before);
  }
  static ordered_json parsed(const Trimmed& made) { return ordered_json::parse(made.messages); }

  ordered_json list;
  Policy policy;
  std::string text;
  int next = 0;
};

TEST_F(TrimTest, WhatFitsIsPassedOnByteForByte) {
  call("read", std::string(500, 'x'));
  const std::string body =
      R"({ "x_unknown":1e0,  "messages" : )" + list.dump(3) + ",\n\"z\": [1 ]}";
  const auto made = trimmed(body, list.dump().size() * 10 / 9 + 2);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->changed);
  EXPECT_EQ(made->text, body);
  EXPECT_TRUE(made->edits.list.empty());
  EXPECT_EQ(made->counts.after, list.dump().size());
}

TEST_F(TrimTest, OlderResultsGoFirstAndTheNewestStayWhole) {
  for (int i = 0; i < 12; ++i) call("read", std::string(1000, static_cast<char>('a' + i)));
  const std::uint64_t window = list.dump().size() * 11 / 10;
  const auto made = trimmed(window);
  ASSERT_TRUE(made);
  const ordered_json left = parsed(*made);
  ASSERT_EQ(left.size(), list.size());
  std::size_t whole = 0;
  for (std::size_t i = 3; i < list.size(); i += 2) {
    if (left[i] == list[i]) {
      ++whole;
    } else {
      EXPECT_EQ(whole, 0U) << "what is older than one that stays went first";
      EXPECT_THAT(left[i]["content"].get<std::string>(),
                  HasSubstr("result of read cleared: 1000 bytes"));
    }
  }
  EXPECT_GE(whole, 1U);
  EXPECT_LE(made->counts.after, window / 2);
  EXPECT_TRUE(made->changed);
}

TEST_F(TrimTest, SmallResultsStayAsFarAsTheLowMark) {
  for (int i = 0; i < 100; ++i) call("read", std::string(300, 'x'));
  const auto made = trimmed(20'000);
  ASSERT_TRUE(made);
  EXPECT_GE(made->counts.after, 8000U);
}

TEST_F(TrimTest, TheSameResultAskedForAgainAndFailuresGoBeforeOthers) {
  for (int i = 0; i < 3; ++i) call("read", std::string(300, 'p'));
  call("read", std::string(2000, 'a'), "{\"path\":\"x\"}");
  call("read", std::string(300, 'b'), "{\"path\":\"y\"}");
  call("run", "Error: " + std::string(3000, 'c'));
  call("read", std::string(2000, 'd'), "{\"path\":\"x\"}");
  policy.high = 0.99;
  policy.low = 0.60;
  const auto made = trimmed(list.dump().size() + 1);
  ASSERT_TRUE(made);
  const ordered_json left = parsed(*made);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i == 9 || i == 13) {
      EXPECT_THAT(left[i].dump(), HasSubstr("cleared")) << i;
    } else {
      EXPECT_EQ(left[i], list[i]) << i;
    }
  }
}

TEST_F(TrimTest, ExcludedToolsKeepTheirResults) {
  call("memory_read", std::string(1000, 'm'));
  for (int i = 0; i < 5; ++i) call("read", std::string(1000, 'x'));
  policy.exclude = {"memory_*"};
  const auto made = trimmed(4000);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->text, HasSubstr(std::string(1000, 'm')));
  EXPECT_LE(made->counts.after, 4000U);
}

TEST_F(TrimTest, WholeExchangesGoWhenClearingIsNotEnough) {
  for (int i = 0; i < 30; ++i) call("read", "short " + std::to_string(i));
  const auto made = trimmed(2500);
  ASSERT_TRUE(made);
  EXPECT_LE(made->counts.after, 2500U);
  const ordered_json left = parsed(*made);
  EXPECT_EQ(left[0], list[0]);
  EXPECT_EQ(left[1], list[1]);
  EXPECT_EQ(left.back(), list.back());
  EXPECT_EQ(left[left.size() - 2], list[list.size() - 2]);
}

TEST_F(TrimTest, ParallelCallsAreOneGroup) {
  for (int i = 0; i < 12; ++i) {
    call("read", "r");
    list[list.size() - 2]["tool_calls"].push_back(
        {{"id", "second"},
         {"type", "function"},
         {"function", {{"name", "b"}, {"arguments", "{}"}}}});
    list.push_back(
        {{"role", "tool"}, {"tool_call_id", "second"}, {"content", std::string(300, 's')}});
  }
  for (std::uint64_t window = 700; window < 8000; window += 100) {
    const auto made = trimmed(window);
    if (!made) continue;
    const auto left = read_conversation(made->text);
    ASSERT_TRUE(left);
    EXPECT_EQ(pairing_defect(left->messages), std::nullopt) << window;
  }
}

TEST_F(TrimTest, OfTheNewestExchangeTheMiddleGoesBeforeTheWhole) {
  call("read", "begin " + std::string(20'000, 'x') + " end");
  const auto cut = trimmed(4000);
  ASSERT_TRUE(cut);
  const std::string left = parsed(*cut)[3]["content"];
  EXPECT_THAT(left, testing::StartsWith("begin xxx"));
  EXPECT_THAT(left, testing::EndsWith("xxx end"));
  EXPECT_THAT(left, HasSubstr("of read left out"));
  EXPECT_LE(cut->counts.after, 4000U);
  EXPECT_GT(cut->counts.after, 3800U);
  const auto placeholder = trimmed(700);
  ASSERT_TRUE(placeholder);
  EXPECT_THAT(placeholder->text, HasSubstr("result of read cleared: 20010 bytes"));
}

TEST_F(TrimTest, OneTextAmongPartsIsCutAsAText) {
  call("read", "");
  list.back()["content"] = {
      {{"type", "text"}, {"text", "begin " + std::string(20'000, 'x') + " end"}}};
  const auto made = trimmed(4000);
  ASSERT_TRUE(made);
  EXPECT_THAT(parsed(*made)[3]["content"].get<std::string>(), testing::StartsWith("begin xxx"));
  list.back()["content"].push_back({{"type", "image_url"}, {"image_url", {{"url", "data:,"}}}});
  const auto mixed = trimmed(4000);
  ASSERT_TRUE(mixed);
  EXPECT_THAT(mixed->text, HasSubstr("result of read cleared"));
}

TEST_F(TrimTest, WhatCannotFitIsRefusedInTheWordsThatAgentsKnow) {
  say("user", std::string(5000, 'u'));
  const auto made = trimmed(2000);
  ASSERT_FALSE(made);
  const auto error = ordered_json::parse(made.error().to_json())["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["type"], "invalid_request_error");
  EXPECT_EQ(error["param"], "messages");
  EXPECT_THAT(error["message"].get<std::string>(),
              HasSubstr("maximum context length is 2000 tokens"));
}

TEST_F(TrimTest, TheCapOnTheAnswerCountsAndIsLowered) {
  for (int i = 0; i < 4; ++i) call("read", std::string(1000, 'x'));
  const ordered_json body{
      {"messages", list}, {"max_tokens", 3000}, {"max_completion_tokens", 2500}};
  const auto roomy = trimmed(body.dump(), 20'000);
  ASSERT_TRUE(roomy);
  EXPECT_FALSE(roomy->changed);
  EXPECT_EQ(roomy->counts.output_cap, 3000U);
  const auto tight = trimmed(body.dump(), 3000);
  ASSERT_TRUE(tight);
  EXPECT_EQ(tight->counts.output_cap, 700U);
  EXPECT_THAT(tight->text, HasSubstr(R"("max_tokens":700,"max_completion_tokens":700)"));
  EXPECT_LE(tight->counts.after + 700, 3000U);
}

TEST_F(TrimTest, NothingIsCutThatFreesTooLittle) {
  for (int i = 0; i < 4; ++i) call("read", std::string(400, 'x'));
  policy.clear_at_least = 2000;
  const std::uint64_t size = list.dump().size();
  const auto near = trimmed(size + 10);
  ASSERT_TRUE(near);
  EXPECT_FALSE(near->changed);
  const auto over = trimmed(size - 10);
  ASSERT_TRUE(over);
  EXPECT_TRUE(over->changed);
}

TEST_F(TrimTest, MostRequestsBeginAsTheOneBefore) {
  std::size_t breaks = 0;
  std::string before = "[";
  for (int i = 0; i < 40; ++i) {
    call("read", std::string(1500, 'x'));
    const auto made = trimmed(20'000);
    ASSERT_TRUE(made);
    const std::string_view kept = std::string_view(before).substr(0, before.size() - 1);
    if (!std::string_view(made->messages).starts_with(kept)) ++breaks;
    before = made->messages;
  }
  EXPECT_GE(breaks, 3U);
  EXPECT_LE(breaks, 8U);
}

TEST_F(TrimTest, EditsOfATurnThatHasChangedAreForgotten) {
  for (int i = 0; i < 6; ++i) call("read", std::string(1000, 'x'));
  say("assistant", "It is x.");
  say("user", "And y?");
  for (int i = 0; i < 6; ++i) call("read", std::string(1000, 'y'));
  const auto made = trimmed(8000);
  ASSERT_TRUE(made);
  list[17]["content"] = "changed by the agent";
  const auto branch = trimmed(8000, made->edits);
  ASSERT_TRUE(branch);
  EXPECT_EQ(pairing_defect(read_conversation(branch->text)->messages), std::nullopt);
  EXPECT_LE(branch->counts.after, 8000U);
}

TEST_F(TrimTest, ASmallerBudgetCutsWhatWasCutBefore) {
  for (int i = 0; i < 8; ++i) call("read", std::string(1000, 'x'));
  const auto made = trimmed(9000);
  ASSERT_TRUE(made);
  const auto smaller = trimmed(3000, made->edits);
  ASSERT_TRUE(smaller);
  EXPECT_LE(smaller->counts.after, 3000U);
}

TEST_F(TrimTest, NoticesAreSaidOnceInTheNewestMessageAndSaidAgainByteForByte) {
  policy.notices = true;
  std::vector<std::string> seen;
  std::string before = "[";
  std::size_t warnings = 0, cuts = 0;
  for (int i = 0; i < 12; ++i) {
    call("read", std::string(900, 'x'));
    const auto made = trimmed(8000);
    ASSERT_TRUE(made);
    const std::string newest = parsed(*made).back()["content"];
    if (newest.find("leave it soon") != newest.npos) ++warnings;
    if (newest.find("were cleared") != newest.npos) {
      ++cuts;
    } else {
      EXPECT_THAT(made->messages, testing::StartsWith(before.substr(0, before.size() - 1)));
    }
    before = made->messages;
  }
  EXPECT_GE(cuts, 2U);
  EXPECT_GE(warnings, 1U);
  EXPECT_LE(warnings, cuts + 1);
}

TEST_F(TrimTest, ARequestThatIsSentAgainLeavesAsBefore) {
  policy.notices = true;
  for (int i = 0; i < 9; ++i) call("read", std::string(150, 'x'));
  for (std::uint64_t window = 500; window < 3500; window += 7) {
    const auto made = trimmed(window);
    if (!made) continue;
    const auto again = trimmed(window, made->edits);
    ASSERT_TRUE(again) << window;
    EXPECT_EQ(again->text, made->text) << window;
    EXPECT_EQ(again->edits, made->edits) << window;
  }
}

TEST_F(TrimTest, RemindersComeEveryFewCalls) {
  policy.remind_every = 3;
  for (int i = 0; i < 6; ++i) call("read", "r");
  const auto made = trimmed(100'000);
  ASSERT_TRUE(made);
  const ordered_json left = parsed(*made);
  for (std::size_t i = 3; i < left.size(); i += 2) {
    const bool is_third = i == 7 || i == 13;
    EXPECT_EQ(left[i]["content"].get<std::string>().find("Reminder") != std::string::npos, is_third)
        << i;
  }
}

/// A counter whose server counts twice what its texts say.
TEST_F(TrimTest, AServersCountIsWhatMustFit) {
  for (int i = 0; i < 10; ++i) call("read", std::string(1000, 'x'));
  text = list.dump();
  const auto conversation = read_conversation(text);
  CountCache counts;
  ServerCounter counter(
      [](std::string_view one) -> Result<std::uint64_t> { return one.size() / 4; },
      [](std::string_view all) -> Result<std::uint64_t> { return all.size() / 2; }, counts);
  const auto made = trim(*conversation, {4000, 0}, policy, counter);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->counts.exact);
  EXPECT_EQ(made->counts.after, made->text.size() / 2);
  EXPECT_LE(made->counts.after, 4000U);
  EXPECT_TRUE(made->changed);
}

TEST_F(TrimTest, ACapThatCannotBeLoweredCountsForAServersCountToo) {
  policy.output_caps = {};
  text = R"({"messages":[{"role":"user","content":"x"}],"max_tokens":10000})";
  const auto conversation = read_conversation(text);
  const auto count = [](std::string_view) -> Result<std::uint64_t> { return 10; };
  CountCache counts;
  ServerCounter counter(count, count, counts);
  EXPECT_FALSE(trim(*conversation, {8000, 0}, policy, counter));
  EXPECT_TRUE(trim(*conversation, {10'010, 0}, policy, counter));
}

TEST_F(TrimTest, EditsThatWouldBreakTheTextAreNotDone) {
  list.push_back({{"role", "assistant"}, {"content", nullptr}});
  const std::string body = list.dump();
  const auto sent = read_conversation(body);
  const auto identity = [&](std::size_t i) { return identity_of(sent->messages[i].whole.raw); };
  const Edits edits{{{EditKind::clear, 0, identity(0), "\"open", 0},
                     {EditKind::note, 1, identity(1), "\\", 0},
                     {EditKind::note, 2, identity(2), "words", 0}},
                    3,
                    false};
  const auto made = trimmed(body, 10'000, edits);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text, body);
}

TEST_F(TrimTest, AServerThatCannotCountIsAnError) {
  text = list.dump();
  const auto conversation = read_conversation(text);
  const auto broken = [](std::string_view) -> Result<std::uint64_t> {
    return fail(Errc::io, "gone");
  };
  CountCache counts;
  ServerCounter counter(broken, broken, counts);
  const auto made = trim(*conversation, {4000, 0}, policy, counter);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().error.what, "gone");
}

TEST_F(TrimTest, WhatIsNoConversationIsAnError) {
  for (const std::string body :
       {"", "{}", "[1]", "[{}]", R"({"messages":{}})", R"([{"role":1}])",
        R"([{"role":"user","role":"tool"}])", R"({"messages":[],"messages":[]})",
        R"({"messages":[],"max_tokens":"x"})", R"({"messages":[],"max_tokens":1e99})",
        R"({"messages":[],"max_tokens":99999999999999999999999})",
        R"([{"role":"user","content":"x","con\u0074ent":"y"}])",
        R"([{"role":"assistant","tool_calls":[1]}])"}) {
    const auto made = trimmed(body, 1000);
    ASSERT_FALSE(made) << body;
    EXPECT_EQ(made.error().error.code, Errc::invalid) << body;
    EXPECT_THAT(made.error().to_json(), Not(HasSubstr("context_length_exceeded")));
  }
}

TEST_F(TrimTest, WhatIsNotAValidConversationIsMadeSmallAllTheSame) {
  const std::string big(3000, 'x');
  say("tool", big);
  list.push_back({{"role", "tool"}, {"tool_call_id", "nobody"}, {"content", big}});
  call("read", big);
  list.back()["tool_call_id"] = "wrong";
  list.push_back(list.back());
  list.push_back({{"role", "function"}, {"name", "old"}, {"content", big}});
  list.push_back({{"role", "martian"}, {"content", {{{"image", 1}}}}});
  call("read", big);
  for (std::uint64_t window = 100; window < 20'000; window += 300) {
    const auto made = trimmed(window);
    if (made) {
      EXPECT_LE(made->counts.after, window);
    } else {
      EXPECT_EQ(made.error().error.code, Errc::refused);
    }
  }
}

TEST_F(TrimTest, ResultsWithoutACallKeepWhatTheySeparate) {
  say("assistant", "first");
  list.push_back(
      {{"role", "tool"}, {"tool_call_id", "nobody"}, {"content", std::string(300, 'x')}});
  call("read", std::string(300, 'x'));
  call("read", std::string(300, 'x'));
  for (std::uint64_t window = 200; window < 1500; window += 50) {
    const auto made = trimmed(window);
    if (!made) continue;
    EXPECT_EQ(alternation_defect(read_conversation(made->text)->messages), std::nullopt) << window;
  }
}

}  // namespace
}  // namespace spillway::context
