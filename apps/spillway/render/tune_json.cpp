#include "json/writer.h"
#include "render/tune.h"

namespace spillway {
namespace {

constexpr std::string_view kSchema = "spillway.tune/1";

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// A list member: `write` gives each item as an object's members.
template <class List, class Write>
void list(JsonWriter& out, std::string_view name, const List& items, const Write& write) {
  out.key(name);
  out.begin_array();
  for (const auto& item : items) {
    out.begin_object();
    write(item);
    out.end_object();
  }
  out.end_array();
}

void write_target(JsonWriter& out, const std::vector<doctor::TargetCheck>& checks) {
  list(out, "target", checks, [&](const doctor::TargetCheck& check) {
    out.member("name", check.name);
    out.member("bytes", check.target);
    out.member("at_least", check.at_least);
    out.member("before_bytes", check.before);
    out.member("measured_bytes", check.measured);
    out.member("met", check.met());
  });
}

void write_application(JsonWriter& out, const TuneStateOf& state) {
  const auto& manifest = state.application.manifest;
  out.member("id", manifest.id);
  out.member("time", manifest.at);
  out.member("live", manifest.live);
  out.member("confirmed", state.application.confirmed);
  out.member("left_ns", state.left);
  list(out, "files", manifest.files, [&](const doctor::TuneFile& file) {
    out.member("path", state.application.place_of(file));
    out.member("text", file.text);
  });
  list(out, "values", manifest.values, [&](const doctor::TuneValue& value) {
    out.member("path", value.path);
    out.member("before", value.before);
    out.member("after", value.after);
  });
  list(out, "settings", state.settings, [&](const doctor::InForce& setting) {
    out.member("key", setting.key);
    out.member("wanted", setting.wanted);
    out.member("in_file", setting.in_file);
    out.member("overridden_by", unless_empty(setting.overridden_by));
    out.member("found", setting.found);
    out.member("live", setting.live);
    out.member("pending", unless_empty(setting.pending));
    out.member("good", setting.good());
  });
}

void write_run(JsonWriter& out, std::string_view name, const std::optional<CheckRun>& run) {
  out.key(name);
  if (!run) return out.value(nullptr);
  out.begin_object();
  out.member("exit_code", run->code);
  out.member("took_ns", run->took);
  out.end_object();
}

}  // namespace

std::string tune_document(std::string_view action, const TuneProposal& proposal) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", kSchema);
  out.member("action", action);
  out.member("root", proposal.root);
  out.member("live", proposal.live);
  write_target(out, proposal.checks);
  list(out, "changes", proposal.recommended.changes, [&](const doctor::TuneChange& change) {
    out.member("key", change.key);
    out.member("before", change.before);
    out.member("after", change.after);
    out.member("reason", change.reason);
    out.member("source", change.source);
  });
  list(out, "advice", proposal.recommended.advice, [&](const doctor::TuneAdvice& advice) {
    out.member("about", advice.about);
    out.member("reason", advice.reason);
    out.member("source", advice.source);
    out.key("commands");
    out.begin_array();
    for (const std::string& command : advice.commands) out.value(command);
    out.end_array();
  });
  out.member("id", unless_empty(proposal.id));
  list(out, "files", proposal.files, [&](const doctor::TuneFile& file) {
    out.member("path", file.path);
    out.member("text", file.text);
  });
  list(out, "values", proposal.values, [&](const doctor::TuneValue& value) {
    out.member("path", value.path);
    out.member("before", value.before);
    out.member("after", value.after);
  });
  out.end_object();
  return out.take();
}

std::string tune_document(const std::vector<TuneStateOf>& states) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", kSchema);
  out.member("action", "status");
  list(out, "applications", states,
       [&](const TuneStateOf& state) { write_application(out, state); });
  out.end_object();
  return out.take();
}

std::string tune_document(const TuneVerdict& verdict) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", kSchema);
  out.member("action", "verify");
  out.member("good", verdict.good());
  out.key("application");
  if (verdict.state) {
    out.begin_object();
    write_application(out, *verdict.state);
    out.end_object();
  } else {
    out.value(nullptr);
  }
  write_target(out, verdict.checks);
  out.member("measured", unless_empty(verdict.measured));
  write_run(out, "command_before", verdict.before);
  write_run(out, "command_after", verdict.after);
  out.end_object();
  return out.take();
}

}  // namespace spillway
