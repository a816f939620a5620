#pragma once

#include <array>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "context/policy.h"
#include "context/server_tokens.h"
#include "context/trim.h"
#include "refusal.h"
#include "route.h"
#include "servers.h"

namespace spillway::gateway {

/// How conversations are kept inside their window.
struct GuardSettings {
  std::optional<std::uint64_t> window;  // tokens; instead of what the server says
  std::uint64_t reserve = 0;
  context::Policy policy;
};

/// Whose tokens a request is made of.
enum class Part { system, tools, tool_results, assistant, user };
inline constexpr std::array<std::string_view, 5> kPartNames{"system", "tools", "tool_results",
                                                            "assistant", "user"};

/// What was done with a request that may go on.
struct Passed {
  std::string body;  // as it leaves; empty: as it came, byte for byte
  std::uint64_t budget = 0, before = 0, after = 0;  // tokens; a budget of 0: not known, not guarded
  std::optional<std::uint64_t> output_cap;
  bool exact = false;                             // counted by the server, else an upper bound
  std::size_t cleared = 0, cut = 0, dropped = 0;  // messages, in force
  std::array<std::uint64_t, kPartNames.size()> parts{};  // tokens, as it came

  /// "tokens=1200/8192 before=9000 cap=700 cleared=3 cut=0 dropped=0 exact".
  std::string words() const;
};

/// Keeps every chat inside its window: what leaves is counted, or it does not leave. Any thread.
class Guard {
 public:
  explicit Guard(GuardSettings settings) : settings_(std::move(settings)) {}

  /// `peer`: what tells one user of a server from another. Blocks where the server has to count.
  /// Refusals: 400, no conversation, or context_length_exceeded; 503, the server does not count.
  tl::expected<Passed, Refusal> check(Kind kind, std::string_view body, std::string_view peer,
                                      const ServerFacts& facts, context::ServerPost post);

 private:
  std::optional<context::Edits> remembered(std::uint64_t conversation);
  void remember(std::uint64_t conversation, context::Edits edits);

  static constexpr std::size_t kMostConversations = 1000;
  using Entry = std::pair<std::uint64_t, context::Edits>;

  const GuardSettings settings_;
  context::CountCache counts_;
  std::mutex mutex_;
  std::list<Entry> conversations_;  // the latest first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places_;
};

}  // namespace spillway::gateway
