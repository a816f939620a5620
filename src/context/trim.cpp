#include "context/trim.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/text.h"
#include "context/ladder.h"
#include "context/pieces.h"
#include "context/wording.h"

namespace spillway::context {
namespace {

/// Times that a server's count of the result may be above ours before we give up.
constexpr int kProofs = 6;

std::uint64_t less(std::uint64_t from, std::uint64_t what) { return from - std::min(from, what); }

std::uint64_t share(std::uint64_t whole, double part) {
  if (!(part > 0)) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(whole) * part);
}

/// The caps on the answer that may be tried: the client's, then the smaller ones of the policy.
std::vector<std::uint64_t> caps_to_try(const Conversation& conversation, const Policy& policy) {
  std::vector<std::uint64_t> caps;
  const auto asked = conversation.output_cap();
  if (!asked) return caps;
  caps.push_back(*asked);
  for (const std::uint64_t cap : policy.output_caps) {
    if (cap < caps.back()) caps.push_back(cap);
  }
  return caps;
}

class Trimming {
 public:
  Trimming(const Conversation& conversation, const Budget& budget, const Policy& policy,
           Counter& counter, const Edits& before)
      : conversation_(conversation),
        policy_(policy),
        counter_(counter),
        before_(before),
        available_(less(budget.window, budget.reserve)),
        caps_(caps_to_try(conversation, policy)),
        structure_(structure_of(conversation.messages)) {
    // A cap that takes more than half of the window is going to be lowered.
    for (const std::uint64_t cap : caps_) {
      if (planned_cap_ == 0 || planned_cap_ > available_ / 2) planned_cap_ = cap;
    }
    input_ = less(available_, std::min(planned_cap_, available_ / 2));
    hard_ = less(available_, caps_.empty() ? 0 : caps_.back());
    high_ = std::min(share(input_, policy.high), hard_);
  }

  tl::expected<Trimmed, Refusal> run() {
    if (auto fits_as_it_is = pass()) return std::move(*fits_as_it_is);
    double scale = scale_;
    for (int i = 0; i < kProofs; ++i) {
      Draft draft = attempt(scale);
      if (!draft.status()) return failed(draft.status().error());
      if (draft.total() > scaled(hard_, scale)) return refused(unscaled(draft.total(), scale));
      auto made = finished(draft, scale);
      if (!made || made->counts.after <= hard_) return made;
      if (i + 1 == kProofs) return refused(made->counts.after);
      scale *= 0.98 * static_cast<double>(hard_) / static_cast<double>(made->counts.after);
    }
    return refused(hard_);
  }

 private:
  static std::uint64_t scaled(std::uint64_t tokens, double scale) {
    return scale == 1 ? tokens : share(tokens, scale);
  }
  static std::uint64_t unscaled(std::uint64_t tokens, double scale) {
    return scale == 1 ? tokens : share(tokens, 1 / scale);
  }

  /// With a server that counts: what would leave without a cut, and how our counts compare with its.
  std::optional<tl::expected<Trimmed, Refusal>> pass() {
    if (!counter_.counts_whole()) return std::nullopt;
    Draft draft = replayed();
    draft.extend(conversation_.messages.size());
    if (!draft.status()) return failed(draft.status().error());
    const auto said = counter_.whole(text_of(draft, {}));
    if (!said) return failed(said.error());
    if (*said <= high_) return finished(draft, 1);
    scale_ = static_cast<double>(draft.total()) / static_cast<double>(*said);
    return std::nullopt;
  }

  /// The edits of an earlier request, apart from those of a turn that is another one now.
  Draft replayed() {
    Draft draft(conversation_, counter_);
    std::size_t first_other = conversation_.messages.size();
    for (const Edit& edit : before_.list) {
      if (edit.message >= first_other) continue;
      const std::string_view raw = conversation_.messages[edit.message].whole.raw;
      if (identity_of(raw) != edit.identity) first_other = edit.message;
    }
    const std::size_t end = first_other < conversation_.messages.size()
                                ? turn_of(first_other)
                                : std::min(before_.seen, first_other);
    draft.extend(end);
    for (const Edit& edit : before_.list) {
      if (edit.message < end && is_possible(edit, draft)) {
        draft.apply(edit.kind, edit.message, edit.text);
      }
    }
    return draft;
  }

  /// Edits come back from files: a text that is no JSON must not get into a request.
  static bool is_possible(const Edit& edit, const Draft& draft) {
    if (edit.kind == EditKind::drop) return true;
    const std::string_view before = draft.content(edit.message);
    const std::string after =
        edit.kind == EditKind::note ? with_note(before, edit.text) : edit.text;
    Scanner scanner(after);
    scanner.value();
    scanner.finish();
    return scanner.ok() && !before.empty();
  }

  /// Where the turn of this message begins.
  std::size_t turn_of(std::size_t message) const {
    std::size_t begin = 0;
    for (const Turn& turn : structure_.turns) {
      if (turn.first == turn.end) continue;
      const std::size_t first = structure_.pieces[turn.first].first;
      if (first <= message) begin = first;
    }
    return begin;
  }

  /// Goes through the requests that led here, and cuts each as it was or would have been cut.
  Draft attempt(double scale) {
    Marks marks;
    marks.high = scaled(high_, scale);
    marks.low = std::min(scaled(share(input_, policy_.low), scale), marks.high);
    marks.warn = scaled(share(input_, policy_.warn), scale);
    marks.hard = scaled(hard_, scale);
    marks.least = scaled(policy_.clear_at_least.value_or(input_ / 10), scale);
    Draft draft = replayed();
    Ladder ladder(conversation_, structure_, policy_, marks, draft);
    warned_ = before_.warned;
    const auto& messages = conversation_.messages;
    const std::size_t seen = draft.end();
    for (std::size_t end = std::min(seen + 1, messages.size()); end <= messages.size(); ++end) {
      if (end < messages.size() && messages[end].role != Role::assistant) continue;
      draft.extend(end);
      const std::size_t edits = draft.edits().size();
      // A request that was seen before, with the edits that it got then, is left as it was.
      const bool is_new = end > seen;
      if (draft.total() > (is_new ? marks.high : marks.hard)) ladder.cut();
      if (is_new) note(draft, marks, edits);
    }
    return draft;
  }

  /// What the model is told at the end of a request; `edits`: how many there were before it was cut.
  void note(Draft& draft, const Marks& marks, std::size_t edits) {
    const bool is_cut = draft.edits().size() > edits;
    if (policy_.notices && is_cut) {
      const std::span cut = std::span(draft.edits()).subspan(edits);
      const auto count = [&](EditKind kind) {
        return static_cast<std::size_t>(std::ranges::count(cut, kind, &Edit::kind));
      };
      warned_ = false;
      return say(draft, marks, cut_note(count(EditKind::clear), count(EditKind::drop)));
    }
    if (policy_.notices && !warned_ && draft.total() > marks.warn) {
      warned_ = true;
      return say(draft, marks, warning_note());
    }
    const Message& newest = conversation_.messages[draft.end() - 1];
    if (policy_.remind_every == 0 || newest.role != Role::tool) return;
    const auto piece = std::ranges::lower_bound(structure_.pieces, draft.end(), {}, &Piece::end);
    if (piece->calls % policy_.remind_every == 0) say(draft, marks, reminder_note());
  }

  void say(Draft& draft, const Marks& marks, std::string words) {
    const std::size_t newest = draft.end() - 1;
    const Role role = conversation_.messages[newest].role;
    if (role != Role::user && role != Role::tool) return;
    if (with_note(draft.content(newest), words).empty()) return;
    const std::size_t edits = draft.edits().size();
    draft.apply(EditKind::note, newest, std::move(words));
    if (draft.total() > marks.hard) draft.undo_to(edits);
  }

  std::optional<std::uint64_t> cap_for(std::uint64_t tokens) const {
    for (const std::uint64_t cap : caps_) {
      if (cap <= available_ && tokens <= available_ - cap) return cap;
    }
    return caps_.empty() ? std::nullopt : std::optional(caps_.back());
  }

  tl::expected<Trimmed, Refusal> finished(const Draft& draft, double scale) {
    Trimmed made;
    made.counts.before = unscaled(total_before(draft), scale);
    made.counts.after = unscaled(draft.total(), scale);
    made.counts.budget = available_;
    made.counts.output_cap = cap_for(made.counts.after);
    made.messages = draft.list();
    made.text = text_of(draft, made.counts.output_cap);
    if (counter_.counts_whole()) {
      const auto said = counter_.whole(made.text);
      if (!said) return failed(said.error());
      made.counts.after = *said;
      made.counts.exact = true;
      made.counts.output_cap = cap_for(made.counts.after);
      made.text = text_of(draft, made.counts.output_cap);
    }
    made.changed = made.text != conversation_.text;
    made.edits = {draft.edits(), conversation_.messages.size(), warned_};
    return made;
  }

  static std::uint64_t total_before(const Draft& draft) {
    auto total = static_cast<std::int64_t>(draft.total());
    for (const Edit& edit : draft.edits()) total += edit.freed;
    return static_cast<std::uint64_t>(total);
  }

  /// The whole text with the new list and the new cap in their places.
  std::string text_of(const Draft& draft, std::optional<std::uint64_t> cap) const {
    struct Splice {
      std::string_view old;
      std::string text;
    };
    std::vector<Splice> splices{{conversation_.list, draft.list()}};
    for (const Value& asked : conversation_.caps) {
      if (cap && parse_u64(asked.raw).value_or(0) > *cap) {
        splices.push_back({asked.raw, std::to_string(*cap)});
      }
    }
    std::ranges::sort(splices, {}, [](const Splice& splice) { return splice.old.data(); });
    std::string out;
    const char* at = conversation_.text.data();
    for (const Splice& splice : splices) {
      out.append(at, splice.old.data());
      out += splice.text;
      at = splice.old.data() + splice.old.size();
    }
    return out.append(at, conversation_.text.data() + conversation_.text.size());
  }

  static tl::unexpected<Refusal> failed(Error error) {
    return tl::unexpected<Refusal>({std::move(error), 0, 0, 0});
  }

  tl::unexpected<Refusal> refused(std::uint64_t tokens) const {
    const std::uint64_t cap = caps_.empty() ? 0 : caps_.back();
    return tl::unexpected<Refusal>(
        {{Errc::refused, "the conversation cannot be made small enough", "",
          "the system prompt, the first and the newest question and the tools are never cut"},
         tokens,
         available_,
         cap});
  }

  const Conversation& conversation_;
  const Policy& policy_;
  Counter& counter_;
  const Edits& before_;
  const std::uint64_t available_;
  const std::vector<std::uint64_t> caps_;
  const Structure structure_;
  std::uint64_t planned_cap_ = 0, input_ = 0, hard_ = 0, high_ = 0;
  double scale_ = 1;
  bool warned_ = false;
};

}  // namespace

tl::expected<Trimmed, Refusal> trim(const Conversation& conversation, const Budget& budget,
                                    const Policy& policy, Counter& counter, const Edits& before) {
  return Trimming(conversation, budget, policy, counter, before).run();
}

}  // namespace spillway::context
