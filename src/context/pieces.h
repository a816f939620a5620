#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "context/conversation.h"

namespace spillway::context {

enum class PieceKind : std::uint8_t {
  fixed,   // system messages, and what no rule is known for: always kept
  user,    // a question: begins a turn
  calls,   // an assistant's tool calls with all their results: kept or left out as one
  answer,  // an assistant's text
  stray,   // results without a call before them: no valid conversation has them
};

/// Messages that stay together.
struct Piece {
  PieceKind kind = PieceKind::fixed;
  std::size_t first = 0, end = 0;  // messages
  std::size_t turn = 0;
  std::size_t exchange = 0;  // how many of user and calls there are up to it, itself included
  std::size_t calls = 0;     // and how many of calls
};

/// From one user message to the next; what comes before the first one is turn 0.
struct Turn {
  std::size_t first = 0, end = 0;  // pieces
};

struct Structure {
  std::vector<Piece> pieces;
  std::vector<Turn> turns;
};

/// Pure; the same for the beginning of a conversation as for the whole of it, as far as that goes. Of a
/// conversation that is not valid, results that follow a call are taken for its results, and other
/// results are a piece of their own.
Structure structure_of(const std::vector<Message>& messages);

}  // namespace spillway::context
