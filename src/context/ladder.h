#pragma once

#include <unordered_map>
#include <vector>

#include "context/draft.h"
#include "context/pieces.h"
#include "context/policy.h"
#include "context/wording.h"

namespace spillway::context {

/// What a draft is measured by, in tokens.
struct Marks {
  std::uint64_t high = 0;  // above it, it is cut ...
  std::uint64_t low = 0;   // ... to this
  std::uint64_t warn = 0;
  std::uint64_t hard = 0;   // above it, nothing leaves
  std::uint64_t least = 0;  // what a cut must free where it is not needed yet
};

/// Gives tokens back in the order of what that loses: results that failed or were asked for again, older
/// results, older exchanges, the middle of older answers, and of the newest exchange the middle of its
/// results and then the results. Each rung begins where it ended the last time, so that a long history costs
/// little more than its length.
class Ladder {
 public:
  /// All outlive it.
  Ladder(const Conversation& conversation, const Structure& structure, const Policy& policy,
         const Marks& marks, Draft& draft);

  /// One batch over the messages that the draft has, at most down to marks.low; nothing where it would not be
  /// worth it. Whether anything was done.
  bool cut();

 private:
  struct Progress {
    std::size_t cheap = 0, clear = 0, turn = 0, drop = 0, answer = 0;
    // Of this batch: the first message that it changed, and the tokens before that.
    std::size_t first = 0;
    std::uint64_t ahead = 0;
  };
  void take_steps();
  void begin_batch();
  void edit(EditKind kind, std::size_t message, std::string text = {});
  void undo(std::size_t edits, const Progress& progress);
  bool is_enough() const;
  void arrive();
  void arrive(std::size_t piece);
  void clear_cheap();
  void clear_results(std::size_t keep);
  void leave_out(const Policy::Step& step);
  void leave_out_all();
  void drop_exchanges(std::size_t keep);
  void drop_turns(std::size_t keep, std::uint64_t goal);
  bool is_spent(const Piece& piece) const;
  bool may_go(std::size_t piece) const;
  bool is_last_of_turn(std::size_t piece) const;
  void shorten_answers();
  void shorten_newest();
  void cut_results(const std::vector<std::size_t>& results, std::uint64_t most);
  void clear(std::size_t message, std::size_t worth);
  void drop(std::size_t piece);
  std::uint64_t drop_goal() const;

  ClearedResult cleared(std::size_t message) const;
  const ToolCall* call_of(std::size_t message) const;
  bool is_excluded(std::size_t message) const;
  bool has_excluded(const Piece& piece) const;
  bool fits(std::uint64_t mark) const { return draft_.total() <= mark; }

  const Conversation& conversation_;
  const Structure& structure_;
  const Policy& policy_;
  const Marks& marks_;
  Draft& draft_;

  Progress at_;
  std::size_t arrived_ = 0;  // pieces
  std::size_t newest_ = 0;   // the last of them that begins an exchange
  bool thrifty_ = false;
  std::uint64_t newest_tokens_ = 0;  // of the newest exchange
  std::uint64_t pinned_ = 0;
  std::vector<std::size_t> cheap_;                        // messages
  std::vector<std::size_t> owner_;                        // of each message its piece
  std::unordered_map<std::uint64_t, std::size_t> asked_;  // a call -> the message with its result
};

}  // namespace spillway::context
