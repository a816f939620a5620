#pragma once

#include <optional>
#include <string>
#include <vector>

#include "context/conversation.h"
#include "context/counter.h"
#include "context/edits.h"

namespace spillway::context {

/// A conversation that is being made smaller: what each message is by now, and what all that has been
/// said so far costs. Knows nothing of why.
class Draft {
 public:
  /// Both outlive it.
  Draft(const Conversation& conversation, Counter& counter);

  /// Takes in the messages before `end`.
  void extend(std::size_t end);
  std::size_t end() const { return states_.size(); }
  /// Of the messages taken in, with the tools and the brackets around.
  std::uint64_t total() const { return total_; }
  std::uint64_t tools() const { return tools_; }
  std::uint64_t tokens(std::size_t message) const { return states_[message].tokens; }

  bool dropped(std::size_t message) const { return states_[message].dropped; }
  /// Whether clear or cut has replaced its content.
  bool replaced(std::size_t message) const { return states_[message].replaced; }
  /// JSON text; empty where it has none.
  std::string_view content(std::size_t message) const;

  /// Does one edit and keeps it in edits(). `text` as Edit has it.
  void apply(EditKind kind, std::size_t message, std::string text = {});
  const std::vector<Edit>& edits() const { return edits_; }

  /// Undoes everything since edits() had so many.
  void undo_to(std::size_t count);

  /// The message as it is by now.
  std::string message(std::size_t index) const;
  /// The array of messages; what is between those that stay is as it was.
  std::string list() const;

  /// The first error of the counter; its counts are 0 after that.
  const Status& status() const { return status_; }

 private:
  struct State {
    std::uint64_t tokens = 0;
    bool dropped = false;
    bool replaced = false;
    std::optional<std::string> content;
  };
  std::uint64_t count(const Value& value);
  std::uint64_t count_edited(std::size_t message);

  const Conversation& conversation_;
  Counter& counter_;
  std::uint64_t tools_ = 0, total_ = 0;
  std::vector<State> states_;
  std::vector<Edit> edits_;
  std::vector<State> before_;  // what each edit found
  Status status_;
};

}  // namespace spillway::context
