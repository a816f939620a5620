#include "context/pieces.h"

namespace spillway::context {
namespace {

PieceKind kind_of(const Message& message) {
  switch (message.role) {
    case Role::user: return PieceKind::user;
    case Role::assistant: return message.calls.empty() ? PieceKind::answer : PieceKind::calls;
    case Role::tool: return PieceKind::stray;
    case Role::system:
    case Role::other: break;
  }
  return PieceKind::fixed;
}

}  // namespace

Structure structure_of(const std::vector<Message>& messages) {
  Structure made;
  made.turns.emplace_back();
  std::size_t exchange = 0, calls = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const PieceKind kind = kind_of(messages[i]);
    const PieceKind before = made.pieces.empty() ? PieceKind::fixed : made.pieces.back().kind;
    if (kind == PieceKind::stray && (before == PieceKind::calls || before == PieceKind::stray)) {
      made.pieces.back().end = i + 1;
      continue;
    }
    if (kind == PieceKind::user || kind == PieceKind::calls) ++exchange;
    if (kind == PieceKind::calls) ++calls;
    if (kind == PieceKind::user) made.turns.push_back({made.pieces.size(), made.pieces.size()});
    made.pieces.push_back({kind, i, i + 1, made.turns.size() - 1, exchange, calls});
    made.turns.back().end = made.pieces.size();
  }
  return made;
}

}  // namespace spillway::context
