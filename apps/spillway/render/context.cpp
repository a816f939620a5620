#include "render/context.h"

#include <fmt/format.h>

#include "json/writer.h"

namespace spillway {
namespace {

double over(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::uint64_t left(const ContextReplay& replay) { return replay.requests - replay.refused; }

std::uint64_t mean(std::uint64_t sum, std::uint64_t count) { return count > 0 ? sum / count : 0; }

/// The share of the budget that the requests used.
double kept_share(const ContextReplay& replay) {
  return over(replay.kept, left(replay) * replay.budget);
}

void write_edits(JsonWriter& out, const context::Edits& edits) {
  out.key("edits");
  out.begin_array();
  for (const context::Edit& edit : edits.list) {
    out.begin_object();
    out.member("kind", name(edit.kind));
    out.member("message", edit.message);
    out.member("identity", fmt::format("{:016x}", edit.identity));
    if (!edit.text.empty()) out.member("text", edit.text);
    out.member("freed_tokens", edit.freed);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string context_trim_document(const context::Trimmed& made) {
  JsonWriter out;
  out.begin_object();
  out.member("schema", "spillway.context.trim/1");
  out.key("messages");
  out.raw(made.messages);
  write_edits(out, made.edits);
  out.member("changed", made.changed);
  out.member("tokens_before", made.counts.before);
  out.member("tokens_after", made.counts.after);
  out.member("exact", made.counts.exact);
  out.member("budget_tokens", made.counts.budget);
  out.member("output_cap_tokens", made.counts.output_cap);
  out.end_object();
  return out.take();
}

std::vector<std::string> context_replay_lines(const std::vector<ContextReplay>& replays,
                                              const Canvas& canvas) {
  const std::vector<Column> head{{"BUDGET", true},  {"REQUESTS", true}, {"OVER", true},
                                 {"INVALID", true}, {"REFUSED", true},  {"CUTS", true},
                                 {"SENT", true},    {"KEPT", true},     {"OF BUDGET", true},
                                 {"CLEARED", true}, {"RE-READ", true},  {"NEVER CUT", true},
                                 {"RATIO", true}};
  std::vector<std::vector<Cell>> rows;
  const auto number = [](std::uint64_t value, bool is_bad = false) {
    return Cell{std::to_string(value), is_bad && value > 0 ? Paint::bad : Paint::plain};
  };
  for (const ContextReplay& replay : replays) {
    const std::uint64_t count = left(replay);
    rows.push_back({number(replay.budget), number(replay.requests), number(replay.over, true),
                    number(replay.invalid, true), number(replay.refused, true), number(replay.cuts),
                    number(mean(replay.sent, count)), number(mean(replay.kept, count)),
                    Cell{fmt::format("{:.0f} %", 100 * kept_share(replay))},
                    number(mean(replay.cleared, count)), number(mean(replay.refilled, count)),
                    number(mean(replay.never, replay.requests)),
                    Cell{fmt::format("{:.2f}", over(mean(replay.refilled, count),
                                                    mean(replay.never, replay.requests)))}});
  }
  return table(head, rows, canvas);
}

std::string context_replay_document(const std::vector<ContextReplay>& replays) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.context.replay/1");
  out.key("budgets");
  out.begin_array();
  for (const ContextReplay& replay : replays) {
    out.begin_object();
    out.member("budget_tokens", replay.budget);
    out.member("runs", replay.runs);
    out.member("requests", replay.requests);
    out.member("over_budget", replay.over);
    out.member("invalid", replay.invalid);
    out.member("refused", replay.refused);
    out.member("cuts", replay.cuts);
    out.member("sent_tokens", replay.sent);
    out.member("kept_tokens", replay.kept);
    out.member("cleared_tokens", replay.cleared);
    out.member("reread_tokens", replay.refilled);
    out.member("never_cut_reread_tokens", replay.never);
    out.member("kept_ratio", kept_share(replay));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace spillway
