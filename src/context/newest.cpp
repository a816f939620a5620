#include <algorithm>

#include "context/ladder.h"
#include "context/wording.h"

// The last rungs: what is left of the newest exchange when nothing older can go.

namespace spillway::context {
namespace {

/// Of a long old answer so much is kept.
constexpr std::uint64_t kShortAnswer = 600;
/// A result that is cut keeps so much at least; below that a placeholder says more.
constexpr std::uint64_t kShortestResult = 512;
/// Counts are not proportional to bytes: what was cut by proportion may need another look.
constexpr int kTries = 12;

/// The largest part that each of `sizes` may have so that `excess` goes off their sum.
std::uint64_t even_level(std::vector<std::uint64_t> sizes, std::uint64_t excess) {
  std::ranges::sort(sizes, std::greater<>());
  std::uint64_t above = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    above += sizes[i];
    const std::uint64_t next = i + 1 < sizes.size() ? sizes[i + 1] : 0;
    if (above - next * (i + 1) >= excess) return (above - excess) / (i + 1);
  }
  return 0;
}

}  // namespace

void Ladder::shorten_answers() {
  for (; at_.answer < newest_ && !fits(marks_.hard); ++at_.answer) {
    const Piece& piece = structure_.pieces[at_.answer];
    const auto& content = conversation_.messages[piece.first].content;
    if (piece.kind != PieceKind::answer || !content || content->kind != Kind::string) continue;
    if (draft_.dropped(piece.first) || content->raw.size() <= 2 * kShortAnswer) continue;
    draft_.apply(EditKind::cut, piece.first,
                 head_and_tail(inner(*content), kShortAnswer, {"this answer", 0, 0}, ""));
  }
}

void Ladder::shorten_newest() {
  if (fits(marks_.hard)) return;
  std::vector<std::size_t> results;
  for (std::size_t i = structure_.pieces[newest_].first; i < draft_.end(); ++i) {
    const Message& message = conversation_.messages[i];
    if (message.role == Role::tool && message.content && !is_excluded(i)) results.push_back(i);
  }
  const std::size_t edits = draft_.edits().size();
  std::uint64_t most = 0;
  for (int i = 0; i < kTries && !fits(marks_.hard); ++i) {
    const std::uint64_t excess = draft_.total() - marks_.hard;
    std::vector<std::uint64_t> sizes;
    for (const std::size_t result : results) sizes.push_back(draft_.content(result).size());
    most = even_level(sizes, excess);
    if (most < kShortestResult) break;
    draft_.undo_to(edits);
    cut_results(results, most);
  }
  if (fits(marks_.hard)) return;
  draft_.undo_to(edits);
  for (const std::size_t result : results) {
    if (!fits(marks_.hard)) clear(result, 1);
  }
}

void Ladder::cut_results(const std::vector<std::size_t>& results, std::uint64_t most) {
  for (const std::size_t result : results) {
    const auto sent = only_text(*conversation_.messages[result].content);
    if (!sent || draft_.content(result).size() <= most) continue;
    std::string text = head_and_tail(*sent, most, cleared(result), policy_.recall);
    if (!text.empty()) draft_.apply(EditKind::cut, result, std::move(text));
  }
}

}  // namespace spillway::context
