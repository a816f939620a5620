#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::context {

/// What a request may be. All in tokens.
struct Budget {
  std::uint64_t window = 0;   // prompt and answer together
  std::uint64_t reserve = 0;  // of it, kept free whatever the request says
};

/// How a history is made to fit. The budget decides, what is kept is a preference.
struct Policy {
  /// Exchanges (a question; calls with their results) at the end that stay whole, and turns (from one
  /// question to the next) at the end that stay at all: tried in this order.
  struct Step {
    std::size_t keep_results = 0;
    std::size_t keep_turns = 0;
  };
  std::vector<Step> steps{{3, 8}, {2, 6}, {1, 4}};
  double high = 0.90;  // a request above this share of the budget is cut ...
  double low = 0.50;   // ... to this one, so that the next requests begin as this one did
  /// Cut only where so many tokens go at least, as long as the request fits; a tenth of the budget where
  /// not said.
  std::optional<std::uint64_t> clear_at_least;
  std::vector<std::string> exclude;  // tools whose results are left as they are; '*' matches
  /// What a cleared result says about the way back; {tool} and {id} are replaced.
  std::string recall = "call {tool} again if it is needed";
  /// Say in the newest message that results are about to leave (above this share), and that some have
  /// left. Changes requests that fit as they are, hence off.
  bool notices = false;
  double warn = 0.80;
  std::uint64_t remind_every = 0;  // tool calls; 0: never
  /// A cap on the answer that does not fit is lowered to the first of these that does.
  std::vector<std::uint64_t> output_caps{700, 500, 300};
};

}  // namespace spillway::context
