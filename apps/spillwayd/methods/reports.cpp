#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/writer.h"
#include "methods.h"
#include "record/explain.h"
#include "wire/fields.h"

namespace spillway::methods {

namespace {

/// Owners are known only after a look that scans the processes.
Answer report(Services& services, const Call& call, bool owners) {
  if (!owners) return to_text(services.engine.status());
  services.engine.status(true);
  services.after_look(
      [&services, to = call.to] { services.server.reply(to, to_text(services.engine.status())); });
  return std::nullopt;
}

}  // namespace

Answer status(Services& services, const Call& call) {
  return report(services, call, bool_of(call.params, "owners").value_or(false));
}

Answer ps(Services& services, const Call& call) { return report(services, call, true); }

Answer levels(Services& services, const Call&) {
  const Assessment& assessment = services.engine.assessment();
  JsonWriter out;
  out.begin_object();
  out.member("level", name(assessment.level));
  out.key("pools");
  out.begin_array();
  for (const PoolAssessment& pool : assessment.pools) {
    out.begin_object();
    out.member("pool", pool.pool.text);
    out.member("level", name(pool.level));
    out.member("used_ratio", pool.share);
    out.member("refusing", services.refusals.refused(pool.pool));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

Answer why(Services& services, const Call& call) {
  const StatusReport report = services.engine.status();
  const auto explanation = explain(services.recent.events(), report, text_or(call.params, "query"));
  std::string document = why_document(explanation, report, 0);
  document.erase(document.find_last_not_of('\n') + 1);
  return document;
}

}  // namespace spillway::methods
