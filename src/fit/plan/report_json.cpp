#include "fit/plan/report_json.h"

#include <array>

#include "fit/choose/change.h"
#include "json/writer.h"

namespace spillway::fit {
namespace {

void member(JsonWriter& json, std::string_view name, const Range& range) {
  json.key(name);
  json.begin_object();
  json.member("low", range.low);
  json.member("likely", range.likely);
  json.member("high", range.high);
  json.end_object();
}

/// Unknown is null.
void member(JsonWriter& json, std::string_view name, const std::string& text) {
  json.member(name, text.empty() ? std::optional<std::string>() : text);
}

void fill(JsonWriter& json, const Fill& fill) {
  json.begin_object();
  json.member("pool", fill.name);
  json.member("total_bytes", fill.total);
  json.member("others_bytes", fill.others);
  member(json, "baseline_bytes", fill.idle);
  member(json, "peak_bytes", fill.peak);
  json.member("baseline_ratio", fill.idle_share);
  json.member("peak_ratio", fill.peak_share);
  json.member("baseline_level", name(fill.idle_level));
  json.member("level", name(fill.level));
  json.end_object();
}

void fills(JsonWriter& json, std::string_view name, const std::vector<Fill>& rows) {
  json.key(name);
  json.begin_array();
  for (const Fill& row : rows) fill(json, row);
  json.end_array();
}

void proposals(JsonWriter& json, std::string_view name, const std::vector<Proposal>& rows,
               const std::string* of = nullptr) {
  json.key(name);
  json.begin_array();
  for (const Proposal& p : rows) {
    if (of != nullptr && p.subject != *of) continue;
    json.begin_object();
    json.member("model", p.subject);
    json.member("change", row_of(p.change.kind).word);
    json.member("what", p.change.what);
    json.member("saves_bytes", p.saves);
    json.member("pool", p.pool);
    json.member("peak_ratio", p.share);
    json.member("level", fit::name(p.level));
    member(json, "latency", p.change.latency);
    member(json, "accuracy", p.change.accuracy);
    json.end_object();
  }
  json.end_array();
}

/// What is said of a model: by its footprint where there is one, else by its figures.
Range amount(const PlannedModel& model, PartKind kind) {
  if (!model.asked.parts.empty()) return model.asked.sum(model.where(), kind);
  const bool vram = model.where() == Where::vram;
  if (kind == PartKind::overhead) return vram ? model.need.vram_overhead : model.need.ram_overhead;
  if (kind == PartKind::weights) return vram ? model.need.vram_peak : model.need.ram_peak;
  return {};
}

constexpr std::array<std::pair<const char*, PartKind>, 4> kAmounts{
    {{"weights_bytes", PartKind::weights},
     {"kv_bytes", PartKind::kv},
     {"compute_bytes", PartKind::compute},
     {"overhead_bytes", PartKind::overhead}}};

void parts(JsonWriter& json, const PlannedModel& model) {
  constexpr std::array<std::string_view, 4> kOrigins{"exact", "formula", "calibrated", "guess"};
  constexpr std::array<std::string_view, 4> kKinds{"weights", "kv", "compute", "overhead"};
  json.key("parts");
  json.begin_array();
  for (const Part& part : model.asked.parts) {
    json.begin_object();
    json.member("name", part.name);
    json.member("kind", kKinds[static_cast<std::size_t>(part.kind)]);
    json.member("in", part.where == Where::vram ? "vram" : "ram");
    member(json, "bytes", part.bytes);
    json.member("origin", kOrigins[static_cast<std::size_t>(part.origin)]);
    json.member("formula", part.formula);
    json.end_object();
  }
  json.end_array();
}

void lesson(JsonWriter& json, const std::optional<Lesson>& lesson) {
  json.key("correction");
  if (!lesson) return json.value(nullptr);
  json.begin_object();
  json.member("time", lesson->at);
  json.member("device", lesson->key.device);
  json.member("predicted_bytes", lesson->predicted);
  json.member("measured_bytes", lesson->measured);
  json.end_object();
}

void calibration(JsonWriter& json, const std::optional<Calibration>& calibration) {
  json.key("calibration");
  if (!calibration) return json.value(nullptr);
  json.begin_object();
  json.member("in", calibration->where == Where::vram ? "vram" : "ram");
  member(json, "predicted_bytes", calibration->predicted);
  json.member("measured_bytes", calibration->measured);
  json.member("how", calibration->how);
  json.member("exit_code", calibration->exit_code);
  json.end_object();
}

void model(JsonWriter& json, const PlanReport& report, const PlannedModel& model) {
  const Need& need = model.need;
  json.begin_object();
  json.member("name", model.name);
  member(json, "description", model.description);
  json.member("in", model.where() == Where::vram ? "vram" : "ram");
  for (const auto& [name, kind] : kAmounts) member(json, name, amount(model, kind));
  const Range vram = need.vram_peak + need.vram_overhead;
  const Range ram = need.ram_peak + need.ram_overhead;
  member(json, "peak_bytes", model.where() == Where::vram ? vram : ram);
  member(json, "vram_peak_bytes", vram);
  member(json, "ram_peak_bytes", ram);
  const bool changed = std::any_of(report.answer.changes.begin(), report.answer.changes.end(),
                                   [&](const Proposal& p) { return p.subject == model.name; });
  json.member("fits", report.answer.verdict != Verdict::does_not_fit && !changed);
  json.member("level", name(Answer::level_of(report.answer.asked)));
  proposals(json, "changes", report.answer.changes, &model.name);
  json.member("gpu", model.gpu);
  json.member("unloaded", model.unloaded);
  json.member("max_safe_context", model.max_safe_context);
  json.member("max_safe_audio_seconds", model.max_safe_audio_seconds);
  parts(json, model);
  lesson(json, model.lesson);
  json.key("notes");
  json.begin_array();
  for (const std::string& note : model.notes) json.value(note);
  json.end_array();
  json.end_object();
}

std::optional<std::uint64_t> least_context(const PlanReport& report) {
  std::optional<std::uint64_t> least;
  for (const PlannedModel& planned : report.models) {
    if (!planned.max_safe_context) continue;
    least = least ? std::min(*least, *planned.max_safe_context) : *planned.max_safe_context;
  }
  return least;
}

void figure(JsonWriter& json, std::string_view name, const std::optional<Figure>& figure) {
  json.key(name);
  if (!figure) return json.value(nullptr);
  json.begin_object();
  json.member("low", figure->low);
  json.member("high", figure->high);
  json.member("source", figure->source);
  json.end_object();
}

}  // namespace

std::string plan_document(const PlanReport& report) {
  const Answer& answer = report.answer;
  JsonWriter json(2);
  json.begin_object();
  json.member("schema", "spillway.plan/1");
  json.member("verdict", name(answer.verdict));
  json.member("fits", answer.verdict == Verdict::fits);
  json.member("level", name(Answer::level_of(answer.asked)));
  json.member("level_with_changes", name(Answer::level_of(answer.planned)));
  json.member("exact", answer.exact);
  json.member("machine_source", report.machine_source);
  json.member("safe_ratio", report.limits.safe);
  json.member("reserve_bytes", report.limits.reserve);
  json.key("models");
  json.begin_array();
  for (const PlannedModel& planned : report.models) model(json, report, planned);
  json.end_array();
  fills(json, "pools", answer.asked);
  fills(json, "pools_with_changes", answer.planned);
  json.key("zram");
  if (report.machine.zram) {
    json.begin_object();
    json.member("total_bytes", report.machine.zram->total);
    json.member("used_bytes", report.machine.zram->used);
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.member("os_assumed", report.machine.ram.assumed);
  proposals(json, "changes", answer.changes);
  proposals(json, "alternatives", answer.alternatives);
  calibration(json, report.calibration);
  json.member("max_safe_context", least_context(report));
  json.member("nearest_ratio", answer.nearest);
  json.member("missing_vram_bytes", answer.missing_vram);
  json.member("missing_ram_bytes", answer.missing_ram);
  json.key("loading");
  json.begin_array();
  for (const LoadStep& step : answer.loading) {
    json.begin_object();
    json.member("model", step.component);
    json.key("baseline_ratios");
    json.begin_array();
    for (const double share : step.shares) json.value(share);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

std::string suggest_document(const Suggestion& suggestion) {
  JsonWriter json(2);
  json.begin_object();
  json.member("schema", "spillway.suggest/1");
  json.member("exact", suggestion.exact);
  json.key("stacks");
  json.begin_array();
  for (const SuggestedStack& stack : suggestion.stacks) {
    json.begin_object();
    json.key("members");
    json.begin_array();
    for (const Chosen& member : stack.members) {
      json.begin_object();
      json.member("kind", name(member.kind));
      json.member("name", member.entry->name);
      json.member("runtime", member.entry->runtime);
      json.member("on_gpu", member.on_gpu);
      figure(json, "latency_ms", member.entry->latency);
      figure(json, "accuracy_percent", member.entry->accuracy);
      json.end_object();
    }
    json.end_array();
    fills(json, "pools", stack.answer.planned);
    json.end_object();
  }
  json.end_array();
  json.key("rejected");
  json.begin_array();
  for (const Rejected& rejected : suggestion.rejected) {
    json.begin_object();
    json.member("kind", name(rejected.entry->kind));
    json.member("name", rejected.entry->name);
    json.member("why", rejected.why);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace spillway::fit
