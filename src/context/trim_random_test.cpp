#include <gtest/gtest.h>

#include "context/random_conversation_test.h"
#include "context/trim.h"
#include "context/validity.h"

// What has to hold of every conversation, every budget and every policy.

namespace spillway::context {
namespace {

using nlohmann::ordered_json;

std::uint64_t bytes_of(const ordered_json& body) {
  std::uint64_t bytes = body.is_array() ? body.dump().size() : body["messages"].dump().size();
  if (body.is_object() && body.contains("tools")) bytes += body["tools"].dump().size();
  return bytes;
}

struct Case {
  std::string text;
  Budget budget;
  Policy policy;
};

Case random_case(RandomConversation& random) {
  Case made;
  ordered_json body = random.messages();
  if (random.below(3) == 0) {
    body = {{"model", "m"}, {"messages", std::move(body)}, {"temperature", 0.25}};
    if (random.below(2) == 0)
      body["tools"] = {{{"type", "function"}, {"function", {{"name", "x"}}}}};
    if (random.below(2) == 0) body["max_tokens"] = 1 + random.below(2000);
  }
  made.text = body.dump(random.below(2) == 0 ? -1 : 2);
  made.budget.window = 200 + random.below(random.below(2) == 0 ? 3000 : 20'000);
  if (random.below(4) == 0) made.policy.exclude = {"search"};
  if (random.below(4) == 0) made.policy.clear_at_least = random.below(500);
  if (random.below(4) == 0) made.policy.low = 0.2 + 0.1 * static_cast<double>(random.below(7));
  return made;
}

tl::expected<Trimmed, Refusal> trim_bytes(const std::string& text, const Case& how,
                                          const Edits& before = {}) {
  ByteCounter counter;
  const auto conversation = read_conversation(text);
  EXPECT_TRUE(conversation) << to_string(conversation.error());
  return trim(*conversation, how.budget, how.policy, counter, before);
}

std::uint64_t cap_of(const ordered_json& body) {
  return body.is_object() ? body.value("max_tokens", std::uint64_t{0}) : 0;
}

/// The request of the history's first messages, as the agent sent it.
std::string beginning(const ordered_json& body, std::size_t messages) {
  ordered_json list = body.is_array() ? body : body["messages"];
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(messages), list.end());
  ordered_json request = list;
  if (body.is_object()) {
    request = body;
    request["messages"] = list;
  }
  return request.dump();
}

void holds(const Case& c) {
  const auto made = trim_bytes(c.text, c);
  const ordered_json before = ordered_json::parse(c.text);
  if (!made) {
    ASSERT_EQ(made.error().error.code, Errc::refused);
    return;
  }
  const ordered_json after = ordered_json::parse(made->text);
  ASSERT_EQ(bytes_of(after), made->counts.after);
  ASSERT_EQ(bytes_of(before), made->counts.before);
  ASSERT_LE(bytes_of(after) + cap_of(after), c.budget.window);
  ASSERT_EQ(after.is_array(), before.is_array());

  const auto sent = read_conversation(c.text);
  const auto leaves = read_conversation(made->text);
  ASSERT_TRUE(leaves);
  ASSERT_EQ(pairing_defect(leaves->messages), std::nullopt) << made->text;
  if (!alternation_defect(sent->messages)) {
    ASSERT_EQ(alternation_defect(leaves->messages), std::nullopt) << made->text;
  }
  if (bytes_of(before) + cap_of(before) < c.budget.window * 9 / 10) {
    ASSERT_EQ(made->text, c.text);
  }
  // A request with another cap is another request.
  if (cap_of(after) != cap_of(before)) return;
  const auto again = trim_bytes(made->text, c);
  ASSERT_TRUE(again);
  ASSERT_EQ(again->text, made->text);
}

/// The edits of one request, done again on the next ones, are what those would have done by themselves.
void replays(const Case& c) {
  const ordered_json whole = ordered_json::parse(c.text);
  const std::size_t size = whole.is_array() ? whole.size() : whole["messages"].size();
  const ordered_json& list = whole.is_array() ? whole : whole["messages"];
  Edits edits;
  for (std::size_t i = 1; i <= size; ++i) {
    if (i < size && list[i]["role"] != "assistant") continue;
    const std::string request = beginning(whole, i);
    const auto alone = trim_bytes(request, c);
    const auto after = trim_bytes(request, c, edits);
    ASSERT_EQ(alone.has_value(), after.has_value());
    if (!after) return;  // the agent would have ended here
    ASSERT_EQ(alone->text, after->text);
    ASSERT_EQ(alone->edits, after->edits);
    edits = after->edits;
  }
}

/// A server whose template and tokenizer nobody knows: what it counts is not what its texts say.
void holds_by_a_servers_count(const Case& c) {
  const auto all = [](std::string_view text) -> Result<std::uint64_t> {
    return text.size() * 2 / 3 + 50;
  };
  const auto one = [](std::string_view text) -> Result<std::uint64_t> { return text.size() / 4; };
  CountCache counts;
  ServerCounter counter(one, all, counts);
  const auto conversation = read_conversation(c.text);
  const auto made = trim(*conversation, c.budget, c.policy, counter);
  if (!made) return;
  ASSERT_LE(*all(made->text) + made->counts.output_cap.value_or(0), c.budget.window);
  ASSERT_EQ(pairing_defect(read_conversation(made->text)->messages), std::nullopt);
}

/// So many conversations per part: the parts run beside each other.
constexpr unsigned kPart = 2'500;

class TrimRandom : public testing::TestWithParam<unsigned> {
 protected:
  void each(unsigned count, void (*check)(const Case&)) {
    for (unsigned seed = GetParam() * kPart; seed < GetParam() * kPart + count; ++seed) {
      RandomConversation random(seed);
      const Case c = random_case(random);
      check(c);
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", budget " << c.budget.window;
    }
  }
};

TEST_P(TrimRandom, StaysWithinTheBudgetValidAndTheSameTheSecondTime) { each(kPart, holds); }
TEST_P(TrimRandom, EditsDoneAgainGiveTheSameBytes) { each(kPart / 10, replays); }
TEST_P(TrimRandom, FitsByTheServersCount) { each(kPart / 10, holds_by_a_servers_count); }

INSTANTIATE_TEST_SUITE_P(Parts, TrimRandom, testing::Range(0U, 8U));

}  // namespace
}  // namespace spillway::context
