#include "guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

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

/// The body with a cap on the answer, put before the bracket that closes it.
std::string capped(std::string_view body, std::uint64_t cap) {
  const auto end = body.rfind('}');
  return fmt::format("{},\"max_tokens\":{}{}", body.substr(0, end), cap, body.substr(end));
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

tl::expected<Passed, Refusal> Guard::check(std::string_view body, std::string_view peer,
                                           const ServerFacts& facts, const Post& post) {
  Passed passed;
  const auto window = settings_.window ? settings_.window : facts.window;
  if (!window) return passed;
  if (trimmed(body).empty() || trimmed(body).front() != '{') {
    return tl::unexpected(refusal(400, "the request is no JSON object"));
  }
  auto conversation = context::read_conversation(body);
  if (!conversation) return tl::unexpected(refusal(400, to_string(conversation.error())));
  std::string with_cap;
  if (!conversation->output_cap()) {
    with_cap = capped(body, std::clamp<std::uint64_t>(*window / kAnswerPart, 1, kLongestAnswer));
    conversation = context::read_conversation(with_cap);
    if (!conversation) return tl::unexpected(refusal(400, to_string(conversation.error())));
  }
  const std::uint64_t identity = conversation_of(*conversation, peer);
  std::unique_ptr<context::Counter> counter;
  if (facts.counts()) {
    counter = std::make_unique<UpstreamCounter>(facts, post, counts_);
  } else {
    counter = std::make_unique<context::ByteCounter>();
  }
  const context::Budget budget{*window, settings_.reserve};
  auto made = context::trim(*conversation, budget, settings_.policy, *counter,
                            remembered(identity).value_or(context::Edits()));
  if (!made) return tl::unexpected(refusal_of(made.error()));
  passed.budget = made->counts.budget;
  passed.before = made->counts.before;
  passed.after = made->counts.after;
  passed.exact = made->counts.exact;
  passed.output_cap = made->counts.output_cap;
  count_parts(*conversation, *counter, passed);
  count_edits(made->edits, passed);
  if (made->changed || !with_cap.empty()) passed.body = std::move(made->text);
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
