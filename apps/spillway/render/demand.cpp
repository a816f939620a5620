#include "render/demand.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/names.h"
#include "json/writer.h"
#include "render/words.h"
#include "wire/fields.h"

namespace spillway {
namespace {

template <class T>
Result<std::vector<T>> list_of(const nlohmann::json& json, std::string_view key) {
  std::vector<T> list;
  const nlohmann::json* items = member(json, key);
  if (items == nullptr || !items->is_array()) return list;
  for (const auto& item : *items) {
    auto value = from_json<T>(item);
    if (!value) return tl::unexpected(value.error());
    list.push_back(std::move(*value));
  }
  return list;
}

const Outcome* outcome_of(const DemandAnswer& answer, const Step& step) {
  const auto found = std::find_if(answer.outcomes.begin(), answer.outcomes.end(),
                                  [&](const Outcome& outcome) { return outcome.step == step.id; });
  return found == answer.outcomes.end() ? nullptr : &*found;
}

std::string measure(const Step& step) {
  const bool back = step.direction == Direction::restore;
  std::string text(back ? "restore" : name(step.rung));
  if (!step.tenant.text.empty()) text += " " + step.tenant.text;
  if (!step.detail.empty()) text += (back ? " from " : " to ") + step.detail;
  return text;
}

/// What was measured, beside what it said of itself where that is something else. Others take and give
/// memory at the same time: a tenth more or less is the same.
std::string effect(const Outcome& outcome) {
  const std::string said = changes(outcome.claimed);
  if (outcome.measured.empty()) return said + " (its own word)";
  const std::string text = changes(outcome.measured);
  const bool is_as_said =
      std::all_of(outcome.claimed.begin(), outcome.claimed.end(), [&](const PoolChange& claimed) {
        const auto found = std::find_if(outcome.measured.begin(), outcome.measured.end(),
                                        [&](const auto& m) { return m.pool == claimed.pool; });
        if (found == outcome.measured.end()) return true;  // not a pool that is watched
        const Bytes apart = found->delta - claimed.delta;
        return 10 * std::abs(apart.count) <= std::abs(claimed.delta.count);
      });
  return is_as_said ? text : text + " (its own word: " + said + ")";
}

std::vector<Cell> row(const Step& step, const Outcome* outcome) {
  if (outcome == nullptr) return {{measure(step)}, {"would", Paint::dim}, {changes(step.estimate)}};
  const bool done = outcome->status == StepStatus::done;
  std::string result = effect(*outcome);
  if (!done) result = outcome->error.empty() ? "nothing" : outcome->error;
  return {{measure(step)},
          {std::string(name(outcome->status)), done ? Paint::good : Paint::caution},
          {result},
          {to_string(outcome->took), Paint::dim}};
}

void write_changes(JsonWriter& out, std::string_view key, const std::vector<PoolChange>& list) {
  out.key(key);
  out.begin_array();
  for (const PoolChange& change : list) {
    out.begin_object();
    out.member("pool", change.pool.text);
    out.member("bytes", change.delta);
    out.end_object();
  }
  out.end_array();
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void write_step(JsonWriter& out, const Step& step, const Outcome* outcome) {
  out.begin_object();
  out.member("direction", name(step.direction));
  out.member("rung", name(step.rung));
  out.member("tenant", unless_empty(step.tenant.text));
  out.member("pool", unless_empty(step.pool.text));
  out.member("detail", unless_empty(step.detail));
  out.member("reason", unless_empty(step.reason));
  write_changes(out, "estimate", step.estimate);
  if (outcome != nullptr) {
    out.member("status", name(outcome->status));
    write_changes(out, "claimed", outcome->claimed);
    write_changes(out, "measured", outcome->measured);
    out.member("took_seconds", seconds(outcome->took));
    out.member("pause_seconds", seconds(outcome->pause));
    out.member("error", unless_empty(outcome->error));
  }
  out.end_object();
}

}  // namespace

Result<DemandAnswer> demand_answer_of(const nlohmann::json& json, bool dry_run) {
  const auto met = bool_of(json, "met");
  if (!met) return fail(Errc::invalid, "the daemon's answer does not say whether it is met");
  auto steps = list_of<Step>(json, "steps");
  auto outcomes = list_of<Outcome>(json, "outcomes");
  auto declined = list_of<Declined>(json, "declined");
  const nlohmann::json* plan = member(json, "plan");
  auto planned = plan == nullptr ? Result<Plan>() : from_json<Plan>(*plan);
  for (const Error* error :
       {steps ? nullptr : &steps.error(), outcomes ? nullptr : &outcomes.error(),
        declined ? nullptr : &declined.error(), planned ? nullptr : &planned.error()}) {
    if (error != nullptr) return tl::unexpected(*error);
  }
  DemandAnswer answer{*met,
                      dry_run,
                      Bytes{i64_of(json, "freed_bytes").value_or(0)},
                      std::move(*steps),
                      std::move(*outcomes),
                      std::move(*declined),
                      text_or(json, "why")};
  if (dry_run && answer.steps.empty()) answer.steps = std::move(planned->steps);
  if (dry_run) answer.outcomes.clear();
  return answer;
}

std::vector<std::string> demand_lines(const DemandAnswer& answer, const Canvas& canvas) {
  std::vector<std::vector<Cell>> rows;
  for (const Step& step : answer.steps) rows.push_back(row(step, outcome_of(answer, step)));
  auto lines = table({{}, {}, {.flexible = true}, {.right = true}}, rows, canvas);
  const std::string freed = answer.freed.count > 0 ? ": " + to_string(answer.freed) : "";
  if (answer.met) {
    const std::string_view how = answer.steps.empty() ? "nothing has to be done"
                                 : answer.dry_run     ? "this would do"
                                                      : "done";
    lines.push_back(painted(how, Paint::good, canvas) + freed);
    return lines;
  }
  lines.push_back(painted(answer.dry_run ? "this would not do" : "not done", Paint::bad, canvas) +
                  freed + (answer.why.empty() ? "" : "; " + printable(answer.why)));
  for (const Declined& declined : answer.declined) {
    if (answer.why.find(declined.why) != std::string::npos) continue;  // said already
    lines.push_back(printable(
        fmt::format("  not {} {}: {}", name(declined.rung), declined.tenant.text, declined.why)));
  }
  return lines;
}

std::string demand_document(const DemandAnswer& answer) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.demand/1");
  out.member("met", answer.met);
  out.member("dry_run", answer.dry_run);
  out.member("freed_bytes", answer.freed);
  out.member("why", unless_empty(answer.why));
  out.key("steps");
  out.begin_array();
  for (const Step& step : answer.steps) write_step(out, step, outcome_of(answer, step));
  out.end_array();
  out.key("declined");
  out.begin_array();
  for (const Declined& declined : answer.declined) {
    out.begin_object();
    out.member("pool", unless_empty(declined.pool.text));
    out.member("tenant", unless_empty(declined.tenant.text));
    out.member("rung", name(declined.rung));
    out.member("why", declined.why);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

ExitCode code_of(const DemandAnswer& answer) {
  if (!answer.met) return ExitCode::refused;
  return answer.dry_run && !answer.steps.empty() ? ExitCode::with_changes : ExitCode::ok;
}

}  // namespace spillway
