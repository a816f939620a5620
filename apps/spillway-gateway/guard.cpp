#include "guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "body.h"
#include "ollama.h"

namespace spillway::gateway {
namespace {

using context::Conversation;
using context::EditKind;
using context::Role;

/// Of the window, for an answer whose request sets no cap: a server would write until it is full.
constexpr std::uint64_t kAnswerPart = 5;
constexpr std::uint64_t kLongestAnswer = 4096;

/// The beginning of a conversation that its requests share: all up to the first question, the tools, and
/// whose it is.
std::uint64_t conversation_of(const Conversation& conversation, std::string_view peer) {
  std::string begin(peer);
  if (conversation.tools) begin += conversation.tools->raw;
  for (const context::Message& message : conversation.messages) {
    begin += message.whole.raw;
    if (message.role == Role::user) break;
  }
  return context::identity_of(begin);
}

std::uint64_t usual_cap(std::uint64_t window) {
  return std::clamp<std::uint64_t>(window / kAnswerPart, 1, kLongestAnswer);
}

Part part_of(Role role) {
  switch (role) {
    case Role::system: return Part::system;
    case Role::tool: return Part::tool_results;
    case Role::assistant: return Part::assistant;
    case Role::user:
    case Role::other: break;
  }
  return Part::user;
}

void count_parts(const Conversation& conversation, context::Counter& counter, Passed& passed) {
  const auto add = [&](Part part, const context::Value& value) {
    if (const auto tokens = counter.tokens(value)) {
      passed.parts[static_cast<std::size_t>(part)] += *tokens;
    }
  };
  if (conversation.tools) add(Part::tools, *conversation.tools);
  for (const context::Message& message : conversation.messages) {
    add(part_of(message.role), message.whole);
  }
}

void count_edits(const context::Edits& edits, Passed& passed) {
  const auto of = [&](EditKind kind) {
    return static_cast<std::size_t>(std::ranges::count(edits.list, kind, &context::Edit::kind));
  };
  passed.cleared = of(EditKind::clear);
  passed.cut = of(EditKind::cut);
  passed.dropped = of(EditKind::drop);
}

Refusal refusal_of(const context::Refusal& refused) {
  const bool is_ours = refused.error.code == Errc::refused || refused.error.code == Errc::invalid;
  return {is_ours ? 400U : 503U, refused.to_json(), is_ours ? 0U : 5U};
}

}  // namespace

std::string Passed::words() const {
  if (budget == 0) return "unguarded";
  return fmt::format("tokens={}/{} before={} cap={} cleared={} cut={} dropped={} {}", after, budget,
                     before, output_cap ? fmt::to_string(*output_cap) : "none", cleared, cut,
                     dropped, exact ? "exact" : "at-most");
}

tl::expected<Passed, Refusal> Guard::check(Kind kind, std::string_view body, std::string_view peer,
                                           const ServerFacts& facts, context::ServerPost post) {
  if (trimmed(body).empty() || trimmed(body).front() != '{') {
    return tl::unexpected(refusal(400, "the request is no JSON object"));
  }
  const bool is_ollama = kind == Kind::ollama_chat || kind == Kind::ollama_text;
  const OllamaLengths said = is_ollama ? ollama_lengths(body) : OllamaLengths();
  Passed passed;
  const auto window = settings_.window ? settings_.window
                      : said.window    ? said.window
                                       : facts.window;
  if (!window) return passed;
  auto conversation = context::read_conversation(body);
  if (!conversation && kind != Kind::ollama_text) {
    return tl::unexpected(refusal(400, to_string(conversation.error())));
  }
  // What the answer may take where the request does not say it.
  const std::uint64_t cap = said.output_cap.value_or(usual_cap(*window));
  std::string prepared;
  if (is_ollama) {
    prepared = without_loss(body, cap);
  } else if (!conversation->output_cap()) {
    prepared = with_member(body, "max_tokens", std::to_string(cap));
  }
  if (prepared == body) prepared.clear();
  if (kind ==
      Kind::ollama_text) {  // one text, which is not cut: the server refuses what is too long
    passed.body = std::move(prepared);
    return passed;
  }
  if (!prepared.empty()) {
    conversation = context::read_conversation(prepared);
    if (!conversation) return tl::unexpected(refusal(400, to_string(conversation.error())));
  }
  const std::uint64_t identity = conversation_of(*conversation, peer);
  std::unique_ptr<context::Counter> counter;
  if (facts.counts()) {
    counter = std::make_unique<context::ServerCounter>(
        context::server_counter(std::move(post), counts_, facts.model));
  } else {
    counter = std::make_unique<context::ByteCounter>();
  }
  const context::Budget budget{*window, settings_.reserve + (is_ollama ? cap : 0)};
  auto made = context::trim(*conversation, budget, settings_.policy, *counter,
                            remembered(identity).value_or(context::Edits()));
  if (!made) return tl::unexpected(refusal_of(made.error()));
  passed.budget = made->counts.budget;
  passed.before = made->counts.before;
  passed.after = made->counts.after;
  passed.exact = made->counts.exact;
  passed.output_cap = is_ollama ? cap : made->counts.output_cap;
  count_parts(*conversation, *counter, passed);
  count_edits(made->edits, passed);
  if (made->changed || !prepared.empty()) passed.body = std::move(made->text);
  if (!made->edits.list.empty()) remember(identity, std::move(made->edits));
  return passed;
}

std::optional<context::Edits> Guard::remembered(std::uint64_t conversation) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(conversation);
  if (found == places_.end()) return std::nullopt;
  conversations_.splice(conversations_.begin(), conversations_, found->second);
  return found->second->second;
}

void Guard::remember(std::uint64_t conversation, context::Edits edits) {
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(conversation); found != places_.end()) {
    found->second->second = std::move(edits);
    return;
  }
  conversations_.emplace_front(conversation, std::move(edits));
  places_[conversation] = conversations_.begin();
  if (conversations_.size() <= kMostConversations) return;
  places_.erase(conversations_.back().first);
  conversations_.pop_back();
}

}  // namespace spillway::gateway
