#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "context/trim.h"

namespace spillway {

/// What would have left, of all requests of all runs. Tokens by the counter.
struct ContextReplay {
  std::uint64_t budget = 0;
  std::uint64_t runs = 0, requests = 0;
  std::uint64_t over = 0;     // requests above the budget: 0, or the guard is broken
  std::uint64_t invalid = 0;  // valid as they came, and not as they left: likewise
  std::uint64_t refused = 0;
  std::uint64_t cuts = 0;      // requests in which something was taken out anew
  std::uint64_t sent = 0;      // as the agent sent them, together
  std::uint64_t kept = 0;      // as they left
  std::uint64_t cleared = 0;   // what cuts took out, each once
  std::uint64_t refilled = 0;  // behind the messages that the request before had, too
  std::uint64_t never = 0;     // the same, had nothing ever been cut
  std::vector<std::uint64_t> sent_line, kept_line;  // of the longest run, request by request
};

/// Makes every request of the runs, one before each assistant's message and one at the end, and trims it as
/// the guard does.
/// Errors: a run that is no conversation, with its number; those of the counter.
Result<ContextReplay> replay_context(const std::vector<std::string_view>& runs,
                                     const context::Budget& budget, const context::Policy& policy,
                                     context::Counter& counter);

}  // namespace spillway
