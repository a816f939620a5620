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
/// Of what is left after a cut.
constexpr double kSmallPart = 0.5;

std::uint64_t share(std::uint64_t whole, double part) {
  return static_cast<std::uint64_t>(static_cast<double>(whole) * part);
}

/// How results of calls that failed begin, in lower case.
constexpr std::array<std::string_view, 4> kFailures{"error", "traceback (most recent call last)",
                                                    "exception", "{\\\"error\\\""};

bool says_failure(const Value& content) {
  const auto text = only_text(content);
  if (!text) return false;
  std::string begin(text->substr(0, 40));
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
  begin_batch();
  const std::size_t edits = draft_.edits().size();
  const Progress progress = at_;

  // So that little has to be read again, if that can be had; else just low enough.
  for (const bool thrifty : {true, false}) {
    thrifty_ = thrifty;
    take_steps();
    if (is_enough()) break;
    if (thrifty) undo(edits, progress);
  }
  if (!is_enough()) leave_out_all();
  if (before <= marks_.hard) {
    const std::uint64_t freed = before - std::min(before, draft_.total());
    if (freed >= marks_.least) return freed > 0;
    undo(edits, progress);
    return false;
  }
  shorten_answers();
  shorten_newest();
  return draft_.edits().size() > edits;
}

void Ladder::take_steps() {
  clear_cheap();
  for (std::size_t i = 0; i < policy_.steps.size() && !is_enough(); ++i) {
    clear_results(policy_.steps[i].keep_results);
    if (!fits(marks_.low)) leave_out(policy_.steps[i]);
  }
}

void Ladder::begin_batch() {
  at_.first = structure_.pieces[newest_].first;
  newest_tokens_ = 0;
  for (std::size_t i = at_.first; i < draft_.end(); ++i) newest_tokens_ += draft_.tokens(i);
  at_.ahead = draft_.total() - newest_tokens_;
}

void Ladder::edit(EditKind kind, std::size_t message, std::string text) {
  for (; at_.first > message; --at_.first) at_.ahead -= draft_.tokens(at_.first - 1);
  draft_.apply(kind, message, std::move(text));
}

void Ladder::undo(std::size_t edits, const Progress& progress) {
  draft_.undo_to(edits);
  at_ = progress;
}

/// Low enough; and to be thrifty, little behind the first edit, apart from the newest exchange: a server has to
/// read that again, which pays off only where the next cut is far away.
bool Ladder::is_enough() const {
  if (!fits(marks_.low)) return false;
  if (!thrifty_) return true;
  const std::uint64_t others = draft_.total() - std::min(draft_.total(), newest_tokens_);
  const std::uint64_t again = others - std::min(others, at_.ahead);
  return again <= share(marks_.high - draft_.total(), kMostReadAgain);
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
    if (content && says_failure(*content)) {
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
  for (; at_.cheap < cheap_.size() && cheap_[at_.cheap] < newest && !is_enough(); ++at_.cheap) {
    clear(cheap_[at_.cheap], kWorthClearing);
  }
}

void Ladder::clear_results(std::size_t keep) {
  const std::size_t exchanges = structure_.pieces[newest_].exchange;
  for (; at_.clear < newest_; ++at_.clear) {
    const Piece& piece = structure_.pieces[at_.clear];
    if (piece.exchange + keep > exchanges || is_enough()) return;
    for (std::size_t i = piece.first; i < piece.end; ++i) clear(i, kWorthClearing);
  }
}

/// What is left out has to be what is at least half the room that the newest exchange leaves below the
/// high mark: else the next request would be cut again.
std::uint64_t Ladder::drop_goal() const {
  const std::uint64_t floor = draft_.tools() + pinned_ + newest_tokens_;
  return floor < marks_.high ? std::max(marks_.low, floor + (marks_.high - floor) / 2)
                             : marks_.hard;
}

/// Exchanges and turns beyond the step's, where that is enough, else not at all.
void Ladder::leave_out(const Policy::Step& step) {
  const std::size_t edits = draft_.edits().size();
  const Progress progress = at_;
  drop_exchanges(step.keep_results);
  if (!thrifty_ && !is_enough()) drop_turns(step.keep_turns, marks_.low);
  if (!is_enough()) undo(edits, progress);
}

void Ladder::leave_out_all() {
  const std::uint64_t goal = drop_goal();
  if (!fits(goal)) drop_exchanges(1);
  for (const Policy::Step& step : policy_.steps) drop_turns(step.keep_turns, goal);
  drop_turns(1, goal);
}

/// Calls with their results go as long as an assistant's message follows them in their turn. Those that have
/// nothing left but the call go together where they are a small part of all, so that the next requests
/// begin alike; else the oldest go, as many as must.
void Ladder::drop_exchanges(std::size_t keep) {
  const std::size_t exchanges = structure_.pieces[newest_].exchange;
  const auto stays = [&](std::size_t i) {
    return structure_.pieces[i].exchange + keep > exchanges;
  };
  std::uint64_t spent = 0;
  for (std::size_t i = at_.drop; i < newest_ && !stays(i); ++i) {
    const Piece& piece = structure_.pieces[i];
    if (!may_go(i) || !is_spent(piece)) continue;
    for (std::size_t k = piece.first; k < piece.end; ++k) spent += draft_.tokens(k);
  }
  const bool together = spent <= share(marks_.low, kSmallPart);
  if (thrifty_ && !together) return;
  for (; at_.drop < newest_ && !stays(at_.drop); ++at_.drop) {
    const Piece& piece = structure_.pieces[at_.drop];
    if (is_enough() && !(together && is_spent(piece))) return;
    if (may_go(at_.drop)) drop(at_.drop);
  }
}

bool Ladder::is_spent(const Piece& piece) const {
  for (std::size_t i = piece.first; i < piece.end; ++i) {
    if (draft_.replaced(i)) return true;
  }
  return false;
}

bool Ladder::may_go(std::size_t index) const {
  const Piece& piece = structure_.pieces[index];
  return piece.kind == PieceKind::calls && !is_last_of_turn(index) && !has_excluded(piece);
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
  for (; at_.turn + std::max<std::size_t>(keep, 1) <= newest; ++at_.turn) {
    if (fits(goal)) return;

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
    if (!draft_.dropped(i)) edit(EditKind::drop, i);
  }
}

void Ladder::clear(std::size_t message, std::size_t worth) {
  const Message& sent = conversation_.messages[message];
  if (sent.role != Role::tool || !sent.content || draft_.dropped(message) || is_excluded(message))
    return;
  if (sent.content->kind != Kind::string && sent.content->kind != Kind::array) return;
  const std::string text = placeholder(cleared(message), policy_.recall);
  const std::string_view now = draft_.content(message);
  if (now.size() <= worth * text.size()) return;
  const std::size_t edits = draft_.edits().size();
  const Progress progress = at_;
  edit(EditKind::clear, message, text);
  if (draft_.edits().back().freed <= 0) undo(edits, progress);
}

ClearedResult Ladder::cleared(std::size_t message) const {
  const Message& sent = conversation_.messages[message];
  const ToolCall* call = call_of(message);
  const auto text = only_text(*sent.content);
  return {call ? call->name : std::string_view(), text ? text->size() : sent.content->raw.size(),
          identity_of(sent.whole.raw)};
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
