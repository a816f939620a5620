#include "render/explain.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "doctor/explain/cascade.h"
#include "doctor/lines/stamp.h"

namespace spillway {
namespace {

using doctor::Finding;

void add_time(const Finding& f, std::vector<Told>& out) {
  std::string when = doctor::moment(f.first);
  if (when.empty()) return;
  if (f.first.line == doctor::Stamp::Line::boot) when += " s after boot";
  const auto lasted = f.last.since(f.first);
  if (f.count > 1) {
    when += fmt::format(", {} times", f.count);
    if (lasted && *lasted > 0) {
      when += fmt::format(" in {} ({:.3g} per second)", to_string(from_seconds(*lasted)),
                          static_cast<double>(f.count) / *lasted);
    }
  }
  out.push_back({"when", {when}});
}

std::string killed(const doctor::Victim& victim) {
  std::string text = victim.name;
  if (victim.pid) text += fmt::format(" ({})", *victim.pid);
  if (victim.anon_rss) text += fmt::format(", {} anonymous", to_string(*victim.anon_rss));
  return text;
}

void add_killed(const Finding& f, std::vector<Told>& out) {
  if (!f.victim) return;
  std::vector<std::string> lines{killed(*f.victim)};
  for (const doctor::Victim& victim : f.collateral) lines.push_back("then " + killed(victim));
  out.push_back({"killed", std::move(lines)});
}

void add_figures(const Finding& f, std::vector<Told>& out) {
  std::string text;
  const auto add = [&](std::string_view what, const std::optional<Bytes>& bytes) {
    if (bytes) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(*bytes), what);
  };
  add("asked for", f.requested);
  add("free", f.free);
  add(f.kind == doctor::Kind::memcg_oom ? "used" : "allocated", f.allocated);
  add("reserved", f.reserved);
  add("allowed", f.limit);
  add(f.kind == doctor::Kind::memcg_oom ? "the limit" : "in all", f.total);
  if (f.swap_total && f.swap_total->count > 0) {
    text += fmt::format("{}swap {} of {} free", text.empty() ? "" : ", ",
                        f.swap_free ? to_string(*f.swap_free) : "?", to_string(*f.swap_total));
  }
  if (!text.empty()) out.push_back({"memory", {text}});
}

std::string share(Bytes part, const std::optional<Bytes>& whole) {
  return whole && whole->count > 0 ? fmt::format(" ({})", percent(ratio(part, *whole)))
                                   : std::string();
}

void add_holders(const Finding& f, std::vector<Told>& out) {
  std::vector<std::string> lines;
  for (const doctor::Holder& holder : f.holders) {
    lines.push_back(fmt::format("{} ({}): {}{}", holder.name, holder.pid, to_string(holder.rss),
                                share(holder.rss, f.total)));
  }
  for (const doctor::Holder& holder : f.gpu_holders) {
    lines.push_back(fmt::format("process {}: {}{}", holder.pid, to_string(holder.rss),
                                share(holder.rss, f.total)));
  }
  if (f.others) {
    lines.push_back(fmt::format("unaccounted (driver, kernel, other): {}{}", to_string(*f.others),
                                share(*f.others, f.total)));
  }
  if (!lines.empty()) out.push_back({"held by", std::move(lines)});
}

void add_workload(const Finding& f, std::vector<Told>& out) {
  const doctor::Workload& load = f.workload;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (load.context_tokens) add(fmt::format("context of {} tokens", *load.context_tokens));
  if (load.tokens) {
    const bool asked = f.kind == doctor::Kind::kv_refusal;
    add(fmt::format("{} tokens {}", *load.tokens, asked ? "asked for" : "at that moment"));
  }
  if (load.tokens_that_fit) add(fmt::format("{} would have fitted", *load.tokens_that_fit));
  if (load.weights) add(fmt::format("weights {}", to_string(*load.weights)));
  if (load.cache) add(fmt::format("KV cache {}", to_string(*load.cache)));
  if (load.wanted) add(fmt::format("{} wanted in all", to_string(*load.wanted)));
  if (!text.empty()) out.push_back({"model", {text}});
}

void add_advice(const Finding& f, std::vector<Told>& out) {
  std::vector<std::string> lines;
  for (const doctor::Advice& advice : f.advice) {
    lines.push_back(advice.what +
                    (advice.effect
                         ? fmt::format(": {} less ({})", to_string(*advice.effect), advice.source)
                         : std::string()));
  }
  if (!lines.empty()) out.push_back({"helps", std::move(lines)});
}

Paint paint_of(doctor::Cause cause) {
  return cause == doctor::Cause::unknown ? Paint::caution : Paint::bad;
}

}  // namespace

std::string title_of(const Finding& finding) {
  const std::string cause =
      finding.cause == doctor::Cause::unknown ? "cause unknown" : std::string(name(finding.cause));
  return doctor::headline(finding) + ": " + cause;
}

std::vector<Told> told_of(const Finding& f) {
  std::vector<Told> out;
  add_time(f, out);
  add_killed(f, out);
  add_figures(f, out);
  add_holders(f, out);
  add_workload(f, out);
  if (!f.cgroup.empty()) out.push_back({"cgroup", {f.cgroup}});
  if (!f.because.empty()) out.push_back({"because", {f.because}});
  if (!f.before.empty()) out.push_back({"before", {f.before}});
  if (!f.followed.empty()) out.push_back({"then", f.followed});
  if (f.recoverable) {
    out.push_back({"process",
                   {*f.recoverable ? "could have gone on: one allocation was refused"
                                   : "could not have gone on: its device context is lost"}});
  }
  add_advice(f, out);
  std::vector<std::string> evidence;
  for (const auto& line : f.evidence)
    evidence.push_back(fmt::format("{}:{}: {}", line.file, line.line, line.text));
  out.push_back({"evidence", std::move(evidence)});
  return out;
}

std::vector<std::string> explain_lines(const doctor::Report& report, const Canvas& canvas) {
  constexpr std::size_t kHeading = 10;
  std::vector<std::string> lines;
  for (const Finding& finding : report.findings) {
    if (!lines.empty()) lines.emplace_back();
    lines.push_back(painted(printable(title_of(finding)), paint_of(finding.cause), canvas));
    for (const Told& told : told_of(finding)) {
      std::string heading = told.heading;
      for (const std::string& text : told.lines) {
        heading.resize(kHeading, ' ');
        lines.push_back("  " + painted(heading, Paint::dim, canvas) + printable(text));
        heading.clear();
      }
    }
  }
  for (const doctor::Series& series : report.series) {
    if (const std::string verdict = series.verdict(); !verdict.empty())
      lines.push_back(printable(verdict));
  }
  if (report.findings.empty()) {
    lines.push_back(fmt::format("nothing ran out in {} lines ({})", report.lines,
                                to_string(Bytes{static_cast<std::int64_t>(report.bytes)})));
  }
  return lines;
}

}  // namespace spillway
