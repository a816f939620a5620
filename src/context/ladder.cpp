#include "context/ladder.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "context/text.h"
#include "context/wording.h"

namespace spillway::context {
namespace {

/// A result that is not this many times its placeholder is left: little is gained, all of it is lost.
constexpr std::size_t kWorthClearing = 2;

/// Of the room until the next cut.
constexpr double kMostReadAgain = 0.4;

std::uint64_t share(std::uint64_t whole, double part) {
  return static_cast<std::uint64_t>(static_cast<double>(whole) * part);
}

/// How results of calls that failed begin, in lower case.
constexpr std::array<std::string_view, 4> kFailures{"error", "traceback (most recent call last)",
                                                    "exception", "{\\\"error\\\""};

bool says_failure(std::string_view content) {
  if (content.empty() || content.front() != '"') return false;
  std::string begin(content.substr(1, 40));
  std::ranges::transform(begin, begin.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::any_of(kFailures,
                             [&](std::string_view failure) { return begin.starts_with(failure); });
}

}  // namespace

Ladder::Ladder(const Conversation& conversation, const Structure& structure, const Policy& policy,
               const Marks& marks, Draft& draft)
    : conversation_(conversation),
      structure_(structure),
      policy_(policy),
      marks_(marks),
      draft_(draft) {}

bool Ladder::cut() {
  arrive();
  if (structure_.pieces.empty() || structure_.pieces[newest_].exchange == 0) return false;
  const std::uint64_t before = draft_.total();
  if (before <= marks_.hard && before < not_before_) return false;
  const std::size_t edits = draft_.edits().size();
  const Progress progress = at_;

  clear_cheap();
  bool is_done = draft_.edits().size() > edits && is_enough(draft_.edits()[edits].message);
  for (std::size_t i = 0; i < policy_.steps.size() && !is_done; ++i) {
    const Policy::Step& step = policy_.steps[i];
    clear_results(step.keep_results);
    is_done = is_enough(first_kept(step.keep_results)) || leave_out(step);
  }
  if (!is_done) leave_out_all();
  if (before <= marks_.hard) {
    const std::uint64_t freed = before - std::min(before, draft_.total());
    if (freed >= marks_.least) return freed > 0;
    draft_.undo_to(edits);
    at_ = progress;
    std::uint64_t newest = 0;
    for (std::size_t i = structure_.pieces[newest_].first; i < draft_.end(); ++i) {
      newest += draft_.tokens(i);
    }
    // What can go later is what could go now, what has come since, and what is the newest now.
    const std::uint64_t short_of = marks_.least - freed;
    not_before_ = short_of > newest ? before + short_of - newest : 0;
    return false;
  }
  shorten_answers();
  shorten_newest();
  return draft_.edits().size() > edits;
}

/// Low enough, and worth it: what is kept whole from message `kept` on, apart from the newest exchange, a
/// server has to read again, which pays off only where the next cut is far away.
bool Ladder::is_enough(std::size_t kept) const {
  if (!fits(marks_.low)) return false;
  std::uint64_t again = 0;
  for (std::size_t i = kept; i < structure_.pieces[newest_].first; ++i) again += draft_.tokens(i);
  return again <= share(marks_.high - draft_.total(), kMostReadAgain);
}

/// The first message of the last `keep` exchanges.
std::size_t Ladder::first_kept(std::size_t keep) const {
  const std::size_t exchanges = structure_.pieces[newest_].exchange;
  std::size_t piece = newest_;
  while (piece > 0 && structure_.pieces[piece - 1].exchange + keep > exchanges) --piece;
  return structure_.pieces[piece].first;
}

void Ladder::arrive() {
  for (; arrived_ < structure_.pieces.size(); ++arrived_) {
    if (structure_.pieces[arrived_].end > draft_.end()) break;
    arrive(arrived_);
  }
}

void Ladder::arrive(std::size_t index) {
  const Piece& piece = structure_.pieces[index];
  owner_.resize(piece.end, index);
  const bool is_first_question = piece.kind == PieceKind::user && piece.turn == 1;
  if (piece.kind == PieceKind::fixed || is_first_question) pinned_ += draft_.tokens(piece.first);
  if (piece.kind == PieceKind::user || piece.kind == PieceKind::calls) newest_ = index;
  if (piece.kind != PieceKind::calls) return;
  for (std::size_t i = piece.first; i < piece.end; ++i) {
    if (conversation_.messages[i].role != Role::tool) continue;
    const auto& content = conversation_.messages[i].content;
    if (content && says_failure(content->raw)) {
      cheap_.push_back(i);
      continue;
    }
    const ToolCall* call = call_of(i);
    if (call == nullptr) continue;
    const std::uint64_t key = identity_of(call->name) * 31 + identity_of(call->arguments);
    const auto [known, is_new] = asked_.try_emplace(key, i);
    if (!is_new) cheap_.push_back(std::exchange(known->second, i));
  }
}

void Ladder::clear_cheap() {
  const std::size_t newest = structure_.pieces[newest_].first;
  for (; at_.cheap < cheap_.size() && cheap_[at_.cheap] < newest && !fits(marks_.low);
       ++at_.cheap) {
    clear(cheap_[at_.cheap], kWorthClearing);
  }
}

void Ladder::clear_results(std::size_t keep) {
  const std::size_t exchanges = structure_.pieces[newest_].exchange;
  for (; at_.clear < newest_; ++at_.clear) {
    const Piece& piece = structure_.pieces[at_.clear];
    if (piece.exchange + keep > exchanges) return;
    for (std::size_t i = piece.first; i < piece.end; ++i) clear(i, kWorthClearing);
  }
}

/// What is left out has to be what is at least half the room that the newest exchange leaves below the
/// high mark: else the next request would be cut again.
std::uint64_t Ladder::drop_goal() const {
  std::uint64_t floor = draft_.tools() + pinned_;
  for (std::size_t i = structure_.pieces[newest_].first; i < draft_.end(); ++i) {
    floor += draft_.tokens(i);
  }
  return floor < marks_.high ? std::max(marks_.low, floor + (marks_.high - floor) / 2)
                             : marks_.hard;
}

/// Exchanges that have nothing left but their calls, and turns beyond the cap: where that is enough, else not
/// at all. All at once, so that the requests after this one begin alike.
bool Ladder::leave_out(const Policy::Step& step) {
  const std::size_t count = draft_.edits().size();
  const Progress progress = at_;
  const std::size_t kept = first_kept(step.keep_results);
  drop_exchanges(step.keep_results);
  if (is_enough(kept)) return true;
  drop_turns(step.keep_turns, marks_.low);
  if (is_enough(kept)) return true;
  draft_.undo_to(count);
  at_ = progress;
  return false;
}

void Ladder::leave_out_all() {
  const std::uint64_t goal = drop_goal();
  if (!fits(goal)) drop_exchanges(1);
  for (const Policy::Step& step : policy_.steps) drop_turns(step.keep_turns, goal);
  drop_turns(1, goal);
}

/// Calls with their results go as long as an assistant's message follows them in their turn.
void Ladder::drop_exchanges(std::size_t keep) {
  const std::size_t exchanges = structure_.pieces[newest_].exchange;
  for (; at_.drop < newest_; ++at_.drop) {
    const Piece& piece = structure_.pieces[at_.drop];
    if (piece.exchange + keep > exchanges) return;
    if (piece.kind == PieceKind::calls && !is_last_of_turn(at_.drop) && !has_excluded(piece)) {
      drop(at_.drop);
    }
  }
}

bool Ladder::is_last_of_turn(std::size_t index) const {
  const std::size_t end = std::min(structure_.turns[structure_.pieces[index].turn].end, arrived_);
  for (std::size_t i = index + 1; i < end; ++i) {
    if (structure_.pieces[i].kind != PieceKind::fixed) return false;
  }
  return true;
}

/// Whole turns, the oldest first; never the one with the first question, what comes before it, or the newest.
void Ladder::drop_turns(std::size_t keep, std::uint64_t goal) {
  const std::size_t newest = structure_.pieces[newest_].turn;
  at_.turn = std::max<std::size_t>(at_.turn, 2);
  for (; at_.turn + std::max<std::size_t>(keep, 1) <= newest && !fits(goal); ++at_.turn) {
    const Turn& turn = structure_.turns[at_.turn];
    const auto pieces = std::span(structure_.pieces).subspan(turn.first, turn.end - turn.first);
    if (std::ranges::any_of(pieces, [&](const Piece& p) { return has_excluded(p); })) continue;
    for (std::size_t i = turn.first; i < turn.end; ++i) drop(i);
  }
}

void Ladder::drop(std::size_t index) {
  const Piece& piece = structure_.pieces[index];
  if (piece.kind == PieceKind::fixed) return;
  for (std::size_t i = piece.first; i < piece.end; ++i) {
    if (!draft_.dropped(i)) draft_.apply(EditKind::drop, i);
  }
}

void Ladder::clear(std::size_t message, std::size_t worth) {
  const Message& sent = conversation_.messages[message];
  if (sent.role != Role::tool || !sent.content || draft_.dropped(message) || is_excluded(message))
    return;
  if (sent.content->kind != Kind::string && sent.content->kind != Kind::array) return;
  const ToolCall* call = call_of(message);
  const std::string text = placeholder({call ? call->name : std::string_view(),
                                        sent.content->raw.size(), identity_of(sent.whole.raw)},
                                       policy_.recall);
  const std::string_view now = draft_.content(message);
  if (now.size() <= worth * text.size()) return;
  const std::size_t edits = draft_.edits().size();
  draft_.apply(EditKind::clear, message, text);
  if (draft_.edits().back().freed <= 0) draft_.undo_to(edits);
}

const ToolCall* Ladder::call_of(std::size_t message) const {
  const Piece& piece = structure_.pieces[owner_[message]];
  const auto& calls = conversation_.messages[piece.first].calls;
  const auto found =
      std::ranges::find(calls, conversation_.messages[message].call_id, &ToolCall::id);
  return found == calls.end() ? nullptr : &*found;
}

bool Ladder::is_excluded(std::size_t message) const {
  if (policy_.exclude.empty()) return false;
  const ToolCall* call = call_of(message);
  if (call == nullptr) return false;
  const std::string tool = decoded(call->name);
  return std::ranges::any_of(policy_.exclude,
                             [&](const std::string& pattern) { return matches(pattern, tool); });
}

bool Ladder::has_excluded(const Piece& piece) const {
  if (policy_.exclude.empty()) return false;
  for (std::size_t i = piece.first; i < piece.end; ++i) {
    if (conversation_.messages[i].role == Role::tool && is_excluded(i)) return true;
  }
  return false;
}

}  // namespace spillway::context
