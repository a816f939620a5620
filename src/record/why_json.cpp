#include "json/names.h"
#include "json/writer.h"
#include "record/explain.h"

namespace spillway {
namespace {

void write(JsonWriter& out, std::string_view key, const std::vector<PoolChange>& changes) {
  out.key(key);
  out.begin_array();
  for (const PoolChange& change : changes) {
    out.begin_object();
    out.member("pool", change.pool.text);
    out.member("bytes", change.delta);
    out.end_object();
  }
  out.end_array();
}

void write(JsonWriter& out, const DoneStep& done) {
  const Step& step = done.step;
  out.begin_object();
  out.member("id", step.id);
  out.member("time", done.at);
  out.member("direction", name(step.direction));
  out.member("rung", name(step.rung));
  out.member("action", step.action);
  out.member("tenant", step.tenant.text);
  out.member("pool", step.pool.text);
  out.member("level", name(step.level));
  out.member("target_bytes", step.target);
  write(out, "estimate", step.estimate);
  out.member("reason", step.reason);
  out.member("status", done.outcome ? std::optional(name(done.outcome->status)) : std::nullopt);
  if (done.outcome) {
    write(out, "claimed", done.outcome->claimed);
    write(out, "measured", done.outcome->measured);
    out.member("took_seconds", seconds(done.outcome->took));
    out.member("pause_seconds", seconds(done.outcome->pause));
    out.member("error", done.outcome->error);
  }
  out.end_object();
}

void write(JsonWriter& out, const Declined& declined) {
  out.begin_object();
  out.member("tenant", declined.tenant.text);
  out.member("pool", declined.pool.text);
  out.member("rung", name(declined.rung));
  out.member("why", declined.why);
  out.end_object();
}

void write(JsonWriter& out, const StillAway& away) {
  out.begin_object();
  out.member("tenant", away.tenant.text);
  out.member("rung", name(away.rung));
  out.member("why", away.why);
  out.end_object();
}

template <class T>
void write_list(JsonWriter& out, std::string_view key, const std::vector<T>& items) {
  out.key(key);
  out.begin_array();
  for (const T& item : items) write(out, item);
  out.end_array();
}

}  // namespace

std::string why_document(const Explanation& explanation, const StatusReport& report, int indent) {
  JsonWriter out(indent);
  out.begin_object();
  out.member("schema", "spillway.why/1");
  out.member("time", report.at);
  out.member("about", explanation.about);
  out.member("found", explanation.found);
  out.key("sentences");
  out.begin_array();
  for (const std::string& line : explanation.lines) out.value(line);
  out.end_array();
  write_list(out, "done", explanation.done);
  write_list(out, "declined", explanation.declined);
  write_list(out, "away", explanation.away);
  out.end_object();
  return out.take() + "\n";
}

}  // namespace spillway
