#pragma once

#include <array>
#include <optional>
#include <string>

#include "context/conversation.h"
#include "context/counter.h"
#include "context/edits.h"
#include "context/policy.h"

namespace spillway::context {

/// Tokens by the counter.
struct Counts {
  std::uint64_t before = 0;                 // as the client sent it
  std::uint64_t after = 0;                  // as it leaves: at most the budget less the cap
  std::uint64_t budget = 0;                 // for the prompt and the answer
  std::optional<std::uint64_t> output_cap;  // as it leaves
  bool exact = false;                       // `after` is the server's own count
};

struct Trimmed {
  std::string text;      // of the same shape as what was read
  std::string messages;  // the array in it
  bool changed = false;  // else text is what was read, byte for byte
  Edits edits;           // all that are in force: for the next request of this conversation
  Counts counts;
};

/// Why there is no conversation: an error of the counter, or one that OpenAI's clients know.
struct Refusal {
  Error error;  // refused: it cannot be made small enough
  std::uint64_t tokens = 0;
  std::uint64_t budget = 0;
  std::uint64_t output_cap = 0;

  /// {"error": {...}} with code context_length_exceeded, for HTTP 400.
  std::string to_json() const;
};

/// Makes a conversation fit: tokens(result) + the answer's cap <= the budget, by the counter's upper bound or
/// by its exact count, or it is refused. Pure apart from the counter; the same arguments, the same bytes.
///
/// What is cut is a function of the history alone: the requests that led to it are gone through one by
/// one (each ended before an assistant's message), and each of them is cut at `high` down to `low`. So
/// the next request of an agent that sends its whole history begins as this one did, even where `before`
/// was lost. `before`: the edits of an earlier request of the same conversation, done again as they were;
/// those behind a message that has changed meanwhile are forgotten.
///
/// A valid conversation stays one: calls and their results stay or go together, roles alternate where they
/// did, system messages and the first and the newest question stay. What nobody changed is byte for byte
/// as it was.
tl::expected<Trimmed, Refusal> trim(const Conversation& conversation, const Budget& budget,
                                    const Policy& policy, Counter& counter,
                                    const Edits& before = {});

}  // namespace spillway::context
