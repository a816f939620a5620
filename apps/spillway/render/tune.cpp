#include "render/tune.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace spillway {
namespace {

using doctor::InForce;
using doctor::TargetCheck;

constexpr std::string_view kUnknown = "not set";

void add_checks(const std::vector<TargetCheck>& checks, const Canvas& canvas,
                std::vector<std::string>& lines) {
  std::vector<std::vector<Cell>> rows;
  for (const TargetCheck& check : checks) {
    const auto met = check.met();
    rows.push_back({{check.name, Paint::bold},
                    {check.before ? to_string(*check.before) + " ->" : ""},
                    {check.measured ? to_string(*check.measured) : "unknown"},
                    {check.at_least ? "at least" : "at most"},
                    {to_string(check.target)},
                    {!met   ? "not measured"
                     : *met ? "met"
                            : "missed",
                     !met   ? Paint::dim
                     : *met ? Paint::good
                            : Paint::bad}});
  }
  const auto block = table({{""}, {"", true}, {"", true}, {""}, {"", true}, {""}}, rows, canvas);
  lines.insert(lines.end(), block.begin(), block.end());
}

std::string painted_line(std::string_view indent, std::string_view text, const Canvas& canvas) {
  return std::string(indent) + painted(printable(text), Paint::dim, canvas);
}

/// Of a setting: what it is, or why it is not what it should be.
Cell state_of(const InForce& setting) {
  if (!setting.in_file) return {"its file was changed or is gone", Paint::bad};
  if (!setting.overridden_by.empty()) {
    return {"overridden by " + setting.overridden_by, Paint::bad};
  }
  if (!setting.live) {
    return {setting.pending.empty() ? "in its file" : "not before: " + setting.pending,
            Paint::caution};
  }
  if (*setting.live) return {"in force", Paint::good};
  const std::string next = setting.pending.empty() ? "" : "; " + setting.pending;
  return {"it is " + setting.found.value_or("?") + next, Paint::bad};
}

void add_state(const TuneStateOf& state, const Canvas& canvas, std::vector<std::string>& lines) {
  const auto& manifest = state.application.manifest;
  const std::string standing = state.application.confirmed ? "confirmed"
                               : state.left
                                   ? "waits for spillway tune confirm, " + to_string(*state.left)
                                   : "was not confirmed in time";
  lines.push_back(fmt::format("application {}: {}", manifest.id, standing));
  std::vector<std::vector<Cell>> rows;
  for (std::size_t i = 0; i < state.settings.size(); ++i) {
    const InForce& setting = state.settings[i];
    rows.push_back({{"  " + setting.key, Paint::bold},
                    {manifest.changes[i].before.value_or(std::string(kUnknown))},
                    {"->"},
                    {setting.wanted},
                    state_of(setting)});
  }
  const auto block = table({{""}, {"", true}, {""}, {""}, {"", false, true}}, rows, canvas);
  lines.insert(lines.end(), block.begin(), block.end());
}

}  // namespace

std::vector<std::string> recommend_lines(const TuneProposal& proposal, const Canvas& canvas) {
  std::vector<std::string> lines;
  add_checks(proposal.checks, canvas, lines);
  if (!lines.empty()) lines.emplace_back();
  for (const auto& change : proposal.recommended.changes) {
    lines.push_back(painted(printable(change.key), Paint::bold, canvas) + "  " +
                    printable(change.before.value_or(std::string(kUnknown))) + " -> " +
                    printable(change.after));
    lines.push_back("  " + printable(change.reason));
    lines.push_back(painted_line("  ", change.source, canvas));
  }
  if (proposal.recommended.changes.empty()) lines.emplace_back("nothing to change");
  if (proposal.recommended.advice.empty()) return lines;
  lines.emplace_back();
  lines.emplace_back("By hand, if you like:");
  for (const auto& advice : proposal.recommended.advice) {
    lines.push_back(painted(printable(advice.about), Paint::bold, canvas));
    lines.push_back("  " + printable(advice.reason));
    for (const std::string& command : advice.commands) {
      lines.push_back("  $ " + printable(command));
    }
    lines.push_back(painted_line("  ", advice.source, canvas));
  }
  return lines;
}

std::vector<std::string> writes_lines(const TuneProposal& proposal, const Canvas& canvas) {
  std::vector<std::string> lines;
  lines.push_back(painted(fmt::format("write {}/manifest.json", doctor::tune_folder(proposal.id)),
                          Paint::bold, canvas) +
                  "  (what is needed to take it back)");
  for (const auto& file : proposal.files) {
    lines.push_back(
        painted("write " + file.path, Paint::bold, canvas) +
        (proposal.live ? "  (" + doctor::trial_path(file.path) + " until confirmed)" : ""));
    std::string_view text = file.text;
    while (const auto line = next_token(text, '\n')) lines.push_back("  " + printable(*line));
  }
  for (const auto& value : proposal.values) {
    lines.push_back(painted("set " + value.path, Paint::bold, canvas) + "  " +
                    printable(value.before) + " -> " + value.after);
  }
  return lines;
}

std::vector<std::string> tune_status_lines(const std::vector<TuneStateOf>& states,
                                           const Canvas& canvas) {
  if (states.empty()) return {"nothing is applied"};
  std::vector<std::string> lines;
  for (const TuneStateOf& state : states) add_state(state, canvas, lines);
  return lines;
}

bool TuneVerdict::good() const {
  const bool in_force = !state || std::all_of(state->settings.begin(), state->settings.end(),
                                              [](const InForce& s) { return s.good(); });
  const bool on_target = std::all_of(checks.begin(), checks.end(), [](const TargetCheck& check) {
    return check.met().value_or(true);
  });
  const bool no_worse = !after || after->code == 0 || (before && before->code == after->code);
  return in_force && on_target && no_worse;
}

std::vector<std::string> verdict_lines(const TuneVerdict& verdict, const Canvas& canvas) {
  std::vector<std::string> lines;
  if (verdict.state) {
    add_state(*verdict.state, canvas, lines);
  } else {
    lines.emplace_back("nothing is applied");
  }
  if (!verdict.checks.empty()) {
    lines.push_back("target, " + verdict.measured + ":");
    add_checks(verdict.checks, canvas, lines);
  }
  const auto add_run = [&](const char* when, const std::optional<CheckRun>& run) {
    if (!run) return;
    lines.push_back(
        fmt::format("{}: exit code {} after {}", when, run->code, to_string(run->took)));
  };
  add_run("command before", verdict.before);
  add_run("command after", verdict.after);
  if (verdict.before && verdict.after) {
    const auto& [before, after] = std::pair(*verdict.before, *verdict.after);
    const double change =
        before.took.count() > 0 ? seconds(after.took) / seconds(before.took) - 1 : 0;
    const std::string codes = before.code == after.code ? "the same exit code"
                              : after.code == 0         ? "it fails no more"
                                                        : "another exit code";
    lines.push_back(fmt::format("{}, {:+.0f} % time", codes, 100 * change));
  }
  lines.push_back(verdict.good() ? painted("good", Paint::good, canvas)
                                 : painted("not good", Paint::bad, canvas));
  return lines;
}

}  // namespace spillway
