#include "doctor/explain/document.h"

#include "doctor/explain/mask.h"
#include "doctor/lines/stamp.h"
#include "json/writer.h"

namespace spillway::doctor {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void write(JsonWriter& out, const Victim& victim) {
  out.begin_object();
  out.member("name", victim.name);
  out.member("pid", victim.pid);
  out.member("anon_rss_bytes", victim.anon_rss);
  out.end_object();
}

void write_holders(JsonWriter& out, const std::vector<Holder>& holders, bool names) {
  if (holders.empty()) return out.value(nullptr);
  out.begin_array();
  for (const Holder& holder : holders) {
    out.begin_array();
    if (names) out.value(holder.name);
    out.value(holder.pid);
    out.value(holder.rss);
    out.end_array();
  }
  out.end_array();
}

void write(JsonWriter& out, const Workload& load) {
  if (load.empty()) return out.value(nullptr);
  out.begin_object();
  out.member("model", unless_empty(masked_name(load.model)));
  out.member("context_tokens", load.context_tokens);
  out.member("tokens", load.tokens);
  out.member("tokens_that_fit", load.tokens_that_fit);
  out.member("token_limit", load.token_limit);
  out.member("weights_bytes", load.weights);
  out.member("cache_bytes", load.cache);
  out.member("wanted_bytes", load.wanted);
  out.end_object();
}

template <class T, class Write>
void write_list(JsonWriter& out, std::string_view key, const std::vector<T>& list,
                Write write_item) {
  out.key(key);
  out.begin_array();
  for (const T& item : list) write_item(item);
  out.end_array();
}

void write_time(JsonWriter& out, const Finding& finding) {
  out.member("time", unless_empty(moment(finding.first)));
  out.member("last_time", unless_empty(moment(finding.last)));
  std::optional<double> uptime, lasted = finding.last.since(finding.first), rate;
  if (finding.first.line == Stamp::Line::boot) uptime = finding.first.seconds;
  if (lasted && *lasted > 0 && finding.count > 1)
    rate = static_cast<double>(finding.count) / *lasted;
  out.member("uptime_seconds", uptime);
  out.member("count", finding.count);
  out.member("duration_seconds", lasted);
  out.member("per_second", rate);
}

void write(JsonWriter& out, const Finding& f) {
  out.begin_object();
  out.member("kind", name(f.kind));
  write_time(out, f);
  out.member("pool", unless_empty(f.pool));
  out.member("device", unless_empty(f.pool));
  out.member("cgroup", unless_empty(f.cgroup));
  out.member("requested_bytes", f.requested);
  out.member("total_bytes", f.total);
  out.member("free_bytes", f.free);
  out.member("allocated_bytes", f.allocated);
  out.member("reserved_bytes", f.reserved);
  out.member("reserved_unallocated_bytes", f.reserved_idle);
  out.member("limit_bytes", f.limit);
  out.member("unaccounted_bytes", f.others);
  out.member("swap_total_bytes", f.swap_total);
  out.member("swap_free_bytes", f.swap_free);
  out.key("victim");
  f.victim ? write(out, *f.victim) : out.value(nullptr);
  write_list(out, "collateral", f.collateral, [&](const Victim& victim) { write(out, victim); });
  out.key("biggest_holders");
  write_holders(out, f.holders, true);
  out.key("device_holders");
  write_holders(out, f.gpu_holders, false);
  out.member("cause", name(f.cause));
  out.member("cause_because", f.because);
  out.member("recoverable", f.recoverable);
  out.member("before", unless_empty(f.before));
  out.key("workload");
  write(out, f.workload);
  write_list(out, "followed", f.followed, [&](const std::string& text) { out.value(text); });
  write_list(out, "evidence", f.evidence, [&](const Evidence& evidence) {
    out.begin_object();
    out.member("file", evidence.file);
    out.member("line", evidence.line);
    out.member("text", evidence.text);
    out.end_object();
  });
  write_list(out, "advice", f.advice, [&](const Advice& advice) {
    out.begin_object();
    out.member("what", advice.what);
    out.member("effect_bytes", advice.effect);
    out.member("effect_source", unless_empty(advice.source));
    out.end_object();
  });
  out.end_object();
}

}  // namespace

std::string explain_document(const Report& report, int indent) {
  JsonWriter out(indent);
  out.begin_object();
  out.member("schema", "spillway.explain/1");
  out.member("lines", report.lines);
  out.member("bytes", report.bytes);
  write_list(out, "events", report.findings, [&](const Finding& finding) { write(out, finding); });
  write_list(out, "series", report.series, [&](const Series& series) {
    out.begin_object();
    out.member("pool", series.pool());
    out.member("total_bytes", series.total());
    out.member("verdict", unless_empty(series.verdict()));
    out.end_object();
  });
  write_list(out, "notes", report.notes, [&](const std::string& note) { out.value(note); });
  out.end_object();
  return out.take();
}

}  // namespace spillway::doctor
