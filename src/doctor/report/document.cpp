#include "doctor/report/document.h"

#include "json/names.h"
#include "json/writer.h"

namespace spillway::doctor {
namespace {

template <class T, class Write>
void write_list(JsonWriter& out, std::string_view key, const std::vector<T>& list, Write write) {
  out.key(key);
  out.begin_array();
  for (const T& item : list) {
    out.begin_object();
    write(item);
    out.end_object();
  }
  out.end_array();
}

void write(JsonWriter& out, const PoolHistory& pool) {
  out.member("pool", pool.pool.text);
  out.member("total_bytes", pool.total);
  out.member("highest_bytes", pool.highest_used);
  out.member("highest_share", pool.highest);
  out.member("highest_time", pool.highest_used ? std::optional(pool.highest_at) : std::nullopt);
  out.member("times_short", pool.times_short);
  out.key("seconds_at");
  out.begin_object();
  for (const Level level : kLevels) out.member(name(level), pool.seconds_at.at(index(level)));
  out.end_object();
}

void write(JsonWriter& out, const RungHistory& rung) {
  out.member("direction", name(rung.direction));
  out.member("rung", name(rung.rung));
  out.member("times", rung.times);
  out.member("done", rung.done);
  out.member("failed", rung.failed);
  out.member("timed_out", rung.timed_out);
  out.member("claimed_bytes", rung.claimed);
  out.member("measured_bytes", rung.measured);
  out.member("longest_seconds", rung.longest);
  out.member("longest_pause_seconds", rung.longest_pause);
}

}  // namespace

std::string_view name(Measure::Unit unit) {
  switch (unit) {
    case Measure::Unit::share: return "share";
    case Measure::Unit::bytes: return "bytes";
    case Measure::Unit::seconds: return "seconds";
    case Measure::Unit::per_hour: return "per_hour";
  }
  return "";
}

std::string report_document(const JournalReport& report, int indent) {
  JsonWriter out(indent);
  out.begin_object();
  out.member("schema", "spillway.report/1");
  out.member("since", report.since);
  out.member("until", report.until);
  out.member("from", report.from);
  out.member("to", report.to);
  out.member("recorded_seconds", report.seconds_recorded);
  out.member("runs", report.runs);
  out.member("kernel_kills", report.kills);
  out.member("gpu_errors", report.gpu_errors);
  out.member("out_of_memory_caught", report.out_of_memory);
  write_list(out, "goals", report.measures, [&](const Measure& measure) {
    out.member("name", measure.name);
    out.member("unit", name(measure.unit));
    out.member("target", measure.target);
    out.member("reached", measure.reached);
    out.member("lower_bound", measure.lower_bound);
    out.member("met", measure.met());
    out.member("detail", measure.detail);
  });
  write_list(out, "pools", report.pools, [&](const PoolHistory& pool) { write(out, pool); });
  write_list(out, "measures", report.rungs, [&](const RungHistory& rung) { write(out, rung); });
  write_list(out, "pauses", report.pauses, [&](const Pause& pause) {
    out.member("time", pause.at);
    out.member("direction", name(pause.direction));
    out.member("rung", name(pause.rung));
    out.member("tenant", pause.tenant);
    out.member("seconds", pause.seconds);
  });
  write_list(out, "failures", report.failures, [&](const Moment& moment) {
    out.member("time", moment.at);
    out.member("what", moment.what);
  });
  out.key("notes");
  out.begin_array();
  for (const std::string& note : report.notes) out.value(note);
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace spillway::doctor
