#include "render/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "fit/choose/change.h"
#include "render/words.h"

namespace spillway {
namespace {

using fit::Fill;
using fit::PartKind;
using fit::Proposal;
using fit::Range;
using fit::Reached;
using fit::Where;

constexpr std::size_t kBar = 24;
constexpr std::size_t kRoomForText = 60;  // beside a bar
constexpr std::size_t kNarrowBar = 10;
constexpr std::size_t kAlternatives = 4;

Paint paint_of(Reached level) {
  constexpr std::array kPaints{Paint::good, Paint::caution, Paint::caution,
                               Paint::bad,  Paint::bad,     Paint::bad};
  return kPaints[static_cast<std::size_t>(level)];
}

std::string level_word(const Fill& fill) {
  const Bytes over = fill.others + fill.peak.likely - fill.total;
  if (over.count > 0) return to_string(over) + " too much";
  return std::string(fit::name(fill.level));
}

std::size_t bar_width(const Canvas& canvas) {
  if (canvas.width == 0) return kBar;
  const std::size_t left = canvas.width > kRoomForText ? canvas.width - kRoomForText : 0;
  return std::clamp(left, kNarrowBar, kBar);
}

std::vector<Cell> bar_row(const Fill& fill, const fit::PlanReport& report, const Canvas& canvas) {
  return {{fill.name},
          {plan_bar(fill, report.limits.safe, bar_width(canvas)), paint_of(fill.level)},
          {part_of(fill.others + fill.peak.likely, fill.total)},
          {percent(fill.peak_share)},
          {level_word(fill), paint_of(fill.level)},
          {fmt::format("baseline {}", percent(fill.idle_share)), Paint::dim}};
}

std::vector<std::vector<Cell>> bar_rows(const std::vector<Fill>& fills,
                                        const fit::PlanReport& report, const Canvas& canvas) {
  std::vector<std::vector<Cell>> rows;
  for (std::size_t i = 0; i < fills.size(); ++i) {
    const bool is_ram = i + 1 == fills.size();
    if (is_ram || fills[i].is_used() || fills.size() == 2) {
      rows.push_back(bar_row(fills[i], report, canvas));
    }
    if (!is_ram) continue;
    const fit::Room& ram = report.machine.ram;
    rows.push_back({{"  others"},
                    {""},
                    {to_string(ram.used)},
                    {percent(ratio(ram.used, ram.total))},
                    {""},
                    {ram.assumed ? "OS and services, assumed" : "OS and others", Paint::dim}});
    if (!report.machine.zram) continue;
    rows.push_back({{"zram"},
                    {""},
                    {part_of(report.machine.zram->used, report.machine.zram->total)},
                    {""},
                    {""},
                    {"no safe room: it lies in RAM", Paint::dim}});
  }
  return rows;
}

const std::vector<Column> kBarColumns{{.title = "", .flexible = true, .least = 4},
                                      {.title = ""},
                                      {.title = "", .right = true},
                                      {.title = "", .right = true},
                                      {.title = ""},
                                      {.title = "", .flexible = true}};

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
  for (std::string& line : more) lines.push_back(std::move(line));
}

std::string verdict(const fit::PlanReport& report, const Canvas& canvas) {
  const fit::Answer& answer = report.answer;
  const std::size_t changes = answer.changes.size();
  const std::string rule = percent(report.limits.safe);
  std::string text;
  switch (answer.verdict) {
    case fit::Verdict::fits:
      text = painted("fits", Paint::good, canvas) + ": every memory stays below " + rule;
      break;
    case fit::Verdict::fits_with_changes:
      text = painted("fits if", Paint::caution, canvas) +
             fmt::format(": {} change{}, the cheapest that keep{} every memory below {}", changes,
                         changes == 1 ? "" : "s", changes == 1 ? "s" : "", rule);
      break;
    case fit::Verdict::does_not_fit: {
      text = painted("does not fit", Paint::bad, canvas);
      std::string missing;
      if (answer.missing_vram.count > 0) missing = to_string(answer.missing_vram) + " of VRAM";
      if (answer.missing_ram.count > 0) {
        missing += (missing.empty() ? "" : " and ") + to_string(answer.missing_ram) + " of RAM";
      }
      if (answer.nearest) {
        text += fmt::format(": nothing keeps every memory below {}; {} below {}", rule,
                            changes == 0 ? "as it is it stays" : "these changes keep it",
                            percent(*answer.nearest));
      } else {
        text += missing.empty() ? ": no way to place it stays safe"
                                : ": with every change known, " + missing + " would be missing";
      }
      break;
    }
  }
  return answer.exact ? text : text + " (approximate: a cheaper answer may exist)";
}

std::string where_of(const fit::PlannedModel& model, const fit::Machine& machine) {
  if (model.unloaded) return "unloaded";
  return model.gpu ? machine.gpus[*model.gpu].name : "CPU";
}

std::string limit_of(const fit::PlannedModel& model) {
  if (model.max_safe_audio_seconds) {
    return fmt::format("{:.0f} s of audio", std::floor(*model.max_safe_audio_seconds));
  }
  if (!model.max_safe_context) return "-";
  return fmt::format(fmt::runtime("{} tokens"), *model.max_safe_context);
}

std::string kind_amount(const fit::PlannedModel& model, PartKind kind) {
  if (!model.asked.parts.empty()) return to_string(model.asked.sum(model.where(), kind).likely);
  const bool vram = model.where() == Where::vram;
  if (kind == PartKind::overhead) {
    return to_string((vram ? model.need.vram_overhead : model.need.ram_overhead).likely);
  }
  return "-";
}

std::string peak_of(const fit::PlannedModel& model) {
  const fit::Need& need = model.need;
  const bool vram = model.where() == Where::vram;
  const Range peak = vram ? need.vram_peak + need.vram_overhead : need.ram_peak + need.ram_overhead;
  if (peak.low == peak.high) return to_string(peak.likely);
  return fmt::format("{} (up to {})", to_string(peak.likely), to_string(peak.high));
}

std::vector<std::string> model_lines(const fit::PlanReport& report, const Canvas& canvas) {
  std::vector<std::vector<Cell>> rows;
  for (const fit::PlannedModel& model : report.models) {
    rows.push_back({{model.name},
                    {kind_amount(model, PartKind::weights)},
                    {kind_amount(model, PartKind::kv)},
                    {kind_amount(model, PartKind::compute)},
                    {kind_amount(model, PartKind::overhead)},
                    {peak_of(model)},
                    {where_of(model, report.machine)},
                    {limit_of(model)},
                    {model.description, Paint::dim}});
  }
  return table({{.title = "MODEL", .flexible = true, .least = 8},
                {.title = "WEIGHTS", .right = true},
                {.title = "KV", .right = true},
                {.title = "COMPUTE", .right = true},
                {.title = "OVERHEAD", .right = true},
                {.title = "PEAK", .right = true},
                {.title = "ON"},
                {.title = "SAFE UP TO", .flexible = true},
                {.title = "", .flexible = true}},
               rows, canvas);
}

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

std::vector<std::string> change_lines(const std::vector<Proposal>& changes, bool numbered,
                                      const Canvas& canvas) {
  std::vector<std::vector<Cell>> rows;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Proposal& p = changes[i];
    rows.push_back({{numbered ? fmt::format("{:>3}.", i + 1) : "  or"},
                    {p.subject},
                    {p.change.what},
                    {"saves " + to_string(p.saves)},
                    {fmt::format("{} {}", p.pool, percent(p.share))},
                    {std::string(fit::name(p.level)), paint_of(p.level)},
                    {fmt::format("latency {}, accuracy {}", or_unknown(p.change.latency),
                                 or_unknown(p.change.accuracy)),
                     Paint::dim}});
  }
  return table({{.title = ""},
                {.title = "", .flexible = true},
                {.title = "", .flexible = true, .least = 16},
                {.title = ""},
                {.title = ""},
                {.title = ""},
                {.title = "", .flexible = true}},
               rows, canvas);
}

}  // namespace

std::string plan_bar(const Fill& fill, double safe, std::size_t width) {
  const auto cells = [&](double share) {
    const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
    return static_cast<std::size_t>(std::lround(at));
  };
  const std::size_t others = cells(ratio(fill.others, fill.total));
  const std::size_t used = std::max(others, cells(fill.peak_share));
  const std::size_t mark = std::min(cells(safe), width - 1);
  std::string bar;
  for (std::size_t i = 0; i < width; ++i) {
    const bool empty = i >= used;
    bar += i < others ? "▒" : !empty ? "█" : i == mark ? "|" : "░";
  }
  return bar;
}

std::vector<std::string> plan_lines(const fit::PlanReport& report, const Canvas& canvas) {
  const fit::Answer& answer = report.answer;
  std::vector<std::string> lines{verdict(report, canvas)};
  append(lines, table(kBarColumns, bar_rows(answer.asked, report, canvas), canvas));
  lines.emplace_back();
  append(lines, model_lines(report, canvas));
  if (!answer.changes.empty()) {
    lines.emplace_back();
    append(lines, change_lines(answer.changes, true, canvas));
    std::vector<Proposal> others = answer.alternatives;
    others.resize(std::min(others.size(), kAlternatives));
    append(lines, change_lines(others, false, canvas));
  }
  for (const fit::PlannedModel& model : report.models) {
    for (const std::string& note : model.notes) {
      lines.push_back(painted("note: " + printable(model.name + ": " + note), Paint::dim, canvas));
    }
  }
  return lines;
}

std::vector<std::string> explain_lines(const fit::PlanReport& report, const Canvas& canvas) {
  constexpr std::array<std::string_view, 4> kOrigins{"exact", "formula", "calibrated", "guess"};
  std::vector<std::string> lines;
  for (const fit::PlannedModel& model : report.models) {
    std::vector<std::vector<Cell>> rows;
    for (const fit::Part& part : model.asked.parts) {
      rows.push_back({{part.name},
                      {to_string(part.bytes.likely)},
                      {part.bytes.low == part.bytes.high
                           ? ""
                           : to_string(part.bytes.low) + " to " + to_string(part.bytes.high)},
                      {part.where == Where::vram ? "VRAM" : "RAM"},
                      {std::string(kOrigins[static_cast<std::size_t>(part.origin)])},
                      {part.formula, Paint::dim}});
    }
    if (rows.empty()) continue;
    lines.emplace_back();
    append(lines, table({{.title = printable(model.name), .flexible = true, .least = 16},
                         {.title = "LIKELY", .right = true},
                         {.title = "RANGE", .right = true},
                         {.title = "IN"},
                         {.title = "FROM"},
                         {.title = "HOW", .flexible = true}},
                        rows, canvas));
  }
  for (const fit::LoadStep& step : report.answer.loading) {
    if (&step == &report.answer.loading.front()) lines.emplace_back();
    std::string text = "loaded " + printable(step.component) + ":";
    for (std::size_t i = 0; i < step.shares.size(); ++i) {
      text += fmt::format(" {} {}", report.answer.planned[i].name, percent(step.shares[i]));
    }
    lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace spillway
