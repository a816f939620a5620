#include "render/doctor.h"

#include <fmt/format.h>

#include <algorithm>

#include "doctor/explain/mask.h"
#include "doctor/state/settings.h"
#include "json/writer.h"
#include "render/status.h"
#include "render/words.h"

namespace spillway {
namespace {

using doctor::Diagnosis;
using doctor::Examined;
using doctor::Holding;
using doctor::Severity;
using Lines = std::vector<std::string>;

constexpr std::size_t kPrograms = 8;
constexpr std::size_t kSwapped = 5;  // processes

Paint paint_of(Severity severity) {
  switch (severity) {
    case Severity::note: return Paint::dim;
    case Severity::warning: return Paint::caution;
    case Severity::problem: break;
  }
  return Paint::bad;
}

std::size_t count(const std::vector<Diagnosis>& diagnoses, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(diagnoses.begin(), diagnoses.end(),
                    [&](const Diagnosis& d) { return d.severity == severity; }));
}

std::string counted(std::size_t n, std::string_view word) {
  return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
}

std::string verdict(const std::vector<Diagnosis>& diagnoses) {
  if (!doctor::has_findings(diagnoses)) return "nothing wrong was found";
  return fmt::format("{}, {}", counted(count(diagnoses, Severity::problem), "problem"),
                     counted(count(diagnoses, Severity::warning), "warning"));
}

void add_diagnosis(const Diagnosis& d, const Canvas& canvas, Lines& out) {
  out.push_back("");
  out.push_back(fmt::format(
      "{}  {}", painted(fmt::format("{:7}", name(d.severity)), paint_of(d.severity), canvas),
      printable(d.what)));
  const std::string indent(9, ' ');
  if (!d.evidence.empty())
    out.push_back(indent + painted(printable(d.evidence), Paint::dim, canvas));
  if (!d.fix.empty()) out.push_back(indent + printable(d.fix));
  if (!d.command.empty()) out.push_back(indent + "$ " + printable(d.command));
}

void add_table(const std::vector<Column>& head, const std::vector<std::vector<Cell>>& rows,
               const Canvas& canvas, Lines& out) {
  if (rows.empty()) return;
  out.push_back("");
  for (std::string& line : table(head, rows, canvas)) out.push_back(std::move(line));
}

/// The least and the most that was used of a memory, as far as the journal goes back; now is a part of it.
std::optional<doctor::Extent> extent_of(const Examined& e, const PoolAssessment& now) {
  const auto past = e.history.pools.find(now.pool);
  if (past == e.history.pools.end()) return std::nullopt;
  const Bytes used = now.used.value_or(past->second.most);
  return doctor::Extent{std::min(past->second.least, used), std::max(past->second.most, used)};
}

void add_memories(const Examined& e, const Canvas& canvas, Lines& out) {
  const PoolNames names(e.report.pools);
  std::vector<std::vector<Cell>> rows;
  for (const PoolStatus& pool : e.report.pools) {
    const PoolAssessment& a = pool.assessment;
    if (!a.total || a.total->count == 0) continue;
    const auto past = extent_of(e, a);
    rows.push_back({{names.of(a.pool)},
                    {amount(a.used)},
                    {past ? to_string(past->least) : "-"},
                    {past ? to_string(past->most) : "-"},
                    {to_string(*a.total)},
                    {pool.source, Paint::dim}});
  }
  add_table({{.title = "MEMORY", .flexible = true},
             {.title = "USED", .right = true},
             {.title = "BASELINE", .right = true},
             {.title = "PEAK", .right = true},
             {.title = "TOTAL", .right = true},
             {.title = "SOURCE", .flexible = true}},
            rows, canvas, out);
}

std::optional<Bytes> vram_of(const Holding& holding) {
  Bytes sum;
  for (const auto& [pool, bytes] : holding.held) {
    if (pool.kind() == PoolKind::vram) sum += bytes;
  }
  return sum.count > 0 ? std::optional(sum) : std::nullopt;
}

std::optional<Bytes> held(const Holding& holding, const PoolId& pool) {
  const Bytes bytes = holding.in(pool);
  return bytes.count > 0 ? std::optional(bytes) : std::nullopt;
}

std::optional<Bytes> baseline_of(const Examined& e, const Holding& holding) {
  std::optional<Bytes> sum;
  for (const pid_t pid : holding.pids) {
    const auto past = e.history.processes.find(pid);
    if (past != e.history.processes.end()) sum = sum.value_or(Bytes{}) + past->second.least;
  }
  return sum;
}

void add_budget(const Examined& e, const Canvas& canvas, Lines& out) {
  std::vector<std::vector<Cell>> rows;
  for (const Holding& holding : e.holdings.programs) {
    if (rows.size() == kPrograms) break;
    rows.push_back(
        {{holding.program, Paint::bold},
         {holding.container.empty() ? holding.unit : "container " + holding.container, Paint::dim},
         {vram_of(holding) ? to_string(*vram_of(holding)) : ""},
         {amount(held(holding, kRam))},
         {baseline_of(e, holding) ? to_string(*baseline_of(e, holding)) : ""},
         {amount(holding.peak_ram)},
         {held(holding, kSwap) ? to_string(*held(holding, kSwap)) : ""}});
  }
  add_table({{.title = "PROGRAM", .flexible = true},
             {.title = "WHERE", .flexible = true},
             {.title = "VRAM", .right = true},
             {.title = "RAM", .right = true},
             {.title = "BASELINE", .right = true},
             {.title = "PEAK", .right = true},
             {.title = "SWAP", .right = true}},
            rows, canvas, out);
}

/// Those that have something in swap, the most first.
std::vector<const doctor::Process*> in_swap(const Examined& e) {
  std::vector<const doctor::Process*> found;
  for (const doctor::Process& process : e.machine.processes) {
    if (process.swapped.value_or(Bytes{}).count > 0) found.push_back(&process);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto* a, const auto* b) { return *a->swapped > *b->swapped; });
  return found;
}

/// People give programs their keys as arguments: those are masked.
std::string command_of(const doctor::Process& process) {
  return process.command.empty() ? "[" + process.name + "]" : doctor::masked(process.command);
}

void add_swapped(const Examined& e, const Canvas& canvas, Lines& out) {
  std::vector<std::vector<Cell>> rows;
  for (const doctor::Process* process : in_swap(e)) {
    if (rows.size() == kSwapped) break;
    rows.push_back({{to_string(*process->swapped)},
                    {amount(process->resident)},
                    {std::to_string(process->pid)},
                    {command_of(*process)}});
  }
  add_table({{.title = "IN SWAP", .right = true},
             {.title = "IN RAM", .right = true},
             {.title = "PID", .right = true},
             {.title = "COMMAND", .flexible = true}},
            rows, canvas, out);
}

void add_settings(const Examined& e, const Canvas& canvas, Lines& out) {
  std::vector<std::vector<Cell>> rows;
  for (const doctor::Setting& setting : doctor::settings_of(e.machine)) {
    rows.push_back({{setting.name}, {setting.value}, {setting.advice, Paint::dim}});
  }
  add_table({{.title = "SETTING", .flexible = true},
             {.title = "IS"},
             {.title = "BETTER", .flexible = true}},
            rows, canvas, out);
}

template <class T, class Members>
void list(JsonWriter& out, std::string_view key, const std::vector<T>& items, Members members) {
  out.key(key);
  out.begin_array();
  for (const T& item : items) {
    out.begin_object();
    members(item);
    out.end_object();
  }
  out.end_array();
}

std::optional<std::string> told(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Lines doctor_lines(const Examined& examined, const std::vector<Diagnosis>& diagnoses,
                   const Canvas& canvas) {
  Lines lines{painted(verdict(diagnoses),
                      diagnoses.empty() ? Paint::good : paint_of(diagnoses.front().severity),
                      canvas)};
  for (const Diagnosis& diagnosis : diagnoses) add_diagnosis(diagnosis, canvas, lines);
  add_memories(examined, canvas, lines);
  add_budget(examined, canvas, lines);
  add_swapped(examined, canvas, lines);
  add_settings(examined, canvas, lines);
  const Lines able = detail_lines(examined.report, canvas);
  if (!able.empty()) lines.push_back("");
  lines.insert(lines.end(), able.begin(), able.end());
  return lines;
}

std::string doctor_document(const Examined& e, const std::vector<Diagnosis>& diagnoses) {
  JsonWriter out(2);
  const auto diagnosis = [&](const Diagnosis& d) {
    out.member("check", d.check);
    out.member("severity", name(d.severity));
    out.member("what", d.what);
    out.member("evidence", d.evidence);
    out.member("fix", told(d.fix));
    out.member("command", told(d.command));
  };
  std::vector<Diagnosis> findings, notes;
  for (const Diagnosis& d : diagnoses)
    (d.severity == Severity::note ? notes : findings).push_back(d);
  out.begin_object();
  out.member("schema", "spillway.doctor/1");
  out.member("time", e.report.at);
  out.member("source", e.report.source);
  out.member("kernel", told(e.machine.kernel.release));
  out.member("nvidia_driver", told(e.machine.gpu.nvidia_version));
  list(out, "findings", findings, diagnosis);
  list(out, "notes", notes, diagnosis);
  list(out, "capabilities", e.report.capabilities, [&](const Capability& c) {
    out.member("name", c.name);
    out.member("available", c.available);
    out.member("reason", c.reason);
  });
  list(out, "memories", e.report.pools, [&](const PoolStatus& pool) {
    const auto past = extent_of(e, pool.assessment);
    out.member("pool", pool.assessment.pool.text);
    out.member("used_bytes", pool.assessment.used);
    out.member("baseline_bytes", past ? std::optional(past->least) : std::nullopt);
    out.member("peak_bytes", past ? std::optional(past->most) : std::nullopt);
    out.member("total_bytes", pool.assessment.total);
  });
  list(out, "programs", e.holdings.programs, [&](const Holding& holding) {
    out.member("program", holding.program);
    out.member("unit", told(holding.unit));
    out.member("container", told(holding.container));
    out.member("ram_bytes", held(holding, kRam));
    out.member("baseline_ram_bytes", baseline_of(e, holding));
    out.member("peak_ram_bytes", holding.peak_ram);
    out.member("vram_bytes", vram_of(holding));
    out.member("swap_bytes", held(holding, kSwap));
  });
  list(out, "in_swap", in_swap(e), [&](const doctor::Process* process) {
    out.member("pid", process->pid);
    out.member("command", command_of(*process));
    out.member("swap_bytes", process->swapped);
    out.member("rss_bytes", process->resident);
  });
  list(out, "growth", e.history.growth, [&](const doctor::Growth& growth) {
    out.member("name", growth.name);
    out.member("pid", growth.pid);
    out.member("pool", growth.pool.text);
    out.member("bytes_per_hour", growth.per_hour);
    out.member("error_bytes_per_hour", growth.error);
    out.member("seconds", seconds(growth.span));
    out.member("looks", growth.looks);
    out.member("steady", growth.steady);
  });
  list(out, "settings", doctor::settings_of(e.machine), [&](const doctor::Setting& setting) {
    out.member("name", setting.name);
    out.member("value", setting.value);
    out.member("better", told(setting.advice));
  });
  out.end_object();
  return out.take();
}

}  // namespace spillway
