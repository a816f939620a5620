#include "render/report.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/time.h"

namespace spillway {
namespace {

using doctor::Measure;

std::string time_of(double s) { return to_string(from_seconds(s)); }

std::string figure(Measure::Unit unit, double value) {
  switch (unit) {
    case Measure::Unit::share: return percent(value);
    case Measure::Unit::bytes: return to_string(scaled(Bytes{1}, value));
    case Measure::Unit::seconds: return time_of(value);
    case Measure::Unit::per_hour: return fmt::format("{:.3g}/h", value);
  }
  return {};
}

std::string target_of(const Measure& goal) {
  if (!goal.target) return "-";
  return fmt::format("{} {}", goal.at_least ? ">=" : "<=", figure(goal.unit, *goal.target));
}

std::string reached_of(const Measure& goal) {
  if (!goal.reached) return "not measured";
  return (goal.lower_bound ? "at least " : "") + figure(goal.unit, *goal.reached);
}

Cell verdict_of(const Measure& goal) {
  const auto met = goal.met();
  if (!met) return {goal.target ? "open" : "", Paint::dim};
  return *met ? Cell{"met", Paint::good} : Cell{"missed", Paint::bad};
}

std::string words_of(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c == '_' ? ' ' : c;
  return text;
}

ReportTable goals(const doctor::JournalReport& report) {
  ReportTable table{
      "Goals", {{"GOAL"}, {"TARGET", true}, {"REACHED", true}, {""}, {"", false, true, 20}}, {}};
  for (const Measure& goal : report.measures) {
    table.rows.push_back({{words_of(goal.name)},
                          {target_of(goal)},
                          {reached_of(goal)},
                          verdict_of(goal),
                          {goal.detail, Paint::dim}});
  }
  return table;
}

ReportTable pools(const doctor::JournalReport& report) {
  ReportTable table{
      "How close it came",
      {{"POOL", false, true, 12}, {"HIGHEST", true}, {"", true}, {"OF", true}, {"SHORT", true}},
      {}};
  for (const Level level : kLevels) {
    if (level != Level::normal) table.head.push_back({std::string(name(level)), true});
  }
  table.head.push_back({"WHEN"});
  for (const doctor::PoolHistory& pool : report.pools) {
    std::vector<Cell> row{{pool.pool.text},
                          {pool.highest_used ? to_string(*pool.highest_used) : "-"},
                          {pool.highest ? percent(*pool.highest) : ""},
                          {pool.total ? to_string(*pool.total) : "-"},
                          {fmt::format("{}x", pool.times_short)}};
    for (const Level level : kLevels) {
      if (level == Level::normal) continue;
      const double spent = pool.seconds_at.at(index(level));
      row.push_back({spent > 0 ? time_of(spent) : "-", spent > 0 ? paint_of(level) : Paint::dim});
    }
    row.push_back({pool.highest_used ? to_rfc3339(pool.highest_at) : "", Paint::dim});
    table.rows.push_back(std::move(row));
  }
  return table;
}

ReportTable measures(const doctor::JournalReport& report) {
  ReportTable table{"What was done",
                    {{"MEASURE"},
                     {"TIMES", true},
                     {"DONE", true},
                     {"FAILED", true},
                     {"LATE", true},
                     {"CLAIMED", true},
                     {"MEASURED", true},
                     {"LONGEST", true},
                     {"PAUSE", true}},
                    {}};
  const auto count = [](std::uint64_t n) {
    return n > 0 ? fmt::format("{}", n) : std::string("-");
  };
  for (const doctor::RungHistory& rung : report.rungs) {
    const bool back = rung.direction == Direction::restore;
    table.rows.push_back({{fmt::format("{}{}", back ? "back from " : "", name(rung.rung))},
                          {count(rung.times)},
                          {count(rung.done)},
                          {count(rung.failed), rung.failed > 0 ? Paint::bad : Paint::plain},
                          {count(rung.timed_out), rung.timed_out > 0 ? Paint::bad : Paint::plain},
                          {back ? "-" : to_string(rung.claimed)},
                          {back ? "-" : to_string(rung.measured)},
                          {time_of(rung.longest)},
                          {rung.longest_pause > 0 ? time_of(rung.longest_pause) : "-"}});
  }
  return table;
}

ReportTable pauses(const doctor::JournalReport& report) {
  ReportTable table{
      "Longest pauses", {{"WHEN"}, {"PAUSE", true}, {"MEASURE"}, {"TENANT", false, true, 10}}, {}};
  for (const doctor::Pause& pause : report.pauses) {
    table.rows.push_back(
        {{to_rfc3339(pause.at)},
         {time_of(pause.seconds)},
         {fmt::format("{}{}", pause.direction == Direction::restore ? "back from " : "",
                      name(pause.rung))},
         {pause.tenant}});
  }
  return table;
}

}  // namespace

std::string period_of(const doctor::JournalReport& report) {
  return fmt::format("from {} to {}: {} recorded, {} {} of the guard", to_rfc3339(report.since),
                     to_rfc3339(report.until), time_of(report.seconds_recorded), report.runs,
                     report.runs == 1 ? "run" : "runs");
}

std::vector<ReportTable> report_tables(const doctor::JournalReport& report) {
  return {goals(report), pools(report), measures(report), pauses(report)};
}

std::vector<std::string> report_lines(const doctor::JournalReport& report, const Canvas& canvas) {
  std::vector<std::string> lines{period_of(report)};
  for (const ReportTable& part : report_tables(report)) {
    if (part.rows.empty()) continue;
    lines.emplace_back();
    lines.push_back(painted(part.name, Paint::bold, canvas));
    for (std::string& line : table(part.head, part.rows, canvas)) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace spillway
