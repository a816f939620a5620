#include "announcer.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace spillway {
namespace {

std::string amount_in(const std::vector<PoolChange>& changes, const PoolId& pool) {
  for (const PoolChange& change : changes) {
    if (change.pool == pool) return to_string(Bytes{} - change.delta);
  }
  return "unknown";
}

LogLine told(const Frame&) { return {}; }
LogLine told(const PolicyChanged&) { return {Severity::info, "configuration in force"}; }
LogLine told(const Note& note) { return {Severity::info, note.text}; }

LogLine told(const LevelChanged& change) {
  const PoolAssessment& pool = change.now;
  const bool worse = pool.level > change.from;
  std::string text = fmt::format("{}: {} -> {} ({})", pool.pool.text, name(change.from),
                                 name(pool.level), name(pool.cause));
  if (pool.used && pool.total) {
    text += fmt::format(", {} of {} used", to_string(*pool.used), to_string(*pool.total));
  }
  if (!pool.evidence.empty()) text += ": " + pool.evidence;
  const bool grave = worse && pool.level >= Level::emergency;
  return {grave ? Severity::error : worse ? Severity::warning : Severity::info, std::move(text)};
}

LogLine told(const StepStarted& started) {
  const Step& step = started.step;
  return {Severity::debug,
          fmt::format("{} {}: {}", name(step.rung), step.tenant.text, step.reason)};
}

LogLine told(const StepEnded& ended) {
  const auto& [step, outcome] = std::pair{ended.step, ended.outcome};
  if (step.rung == Rung::notify && outcome.status != StepStatus::failed) {
    return {Severity::debug, "notified: " + step.reason};
  }
  std::string text = fmt::format("{}{} {} for {} at {}: {} in {}",
                                 step.direction == Direction::restore ? "restore from " : "",
                                 name(step.rung), step.tenant.text, step.pool.text,
                                 name(step.level), name(outcome.status), to_string(outcome.took));
  if (outcome.status == StepStatus::done) {
    text += fmt::format(", claimed {}, measured {}", amount_in(outcome.claimed, step.pool),
                        amount_in(outcome.measured, step.pool));
  }
  if (!outcome.error.empty()) text += ": " + outcome.error;
  if (!step.reason.empty()) text += " (" + step.reason + ")";
  const bool bad = outcome.status == StepStatus::failed || outcome.status == StepStatus::timed_out;
  return {bad ? Severity::warning : Severity::info, std::move(text)};
}

LogLine told(const TenantChanged& change) {
  using What = TenantChanged::What;
  const auto line = [&](Severity severity, std::string_view words) {
    std::string text = fmt::format("tenant {} {}", change.tenant.id.text, words);
    if (!change.reason.empty()) text += ": " + change.reason;
    return LogLine{severity, std::move(text)};
  };
  switch (change.what) {
    case What::registered: return line(Severity::info, "registered");
    case What::updated: return {};
    case What::unregistered:
    case What::lost: return line(Severity::info, "gone");
    case What::quarantined: return line(Severity::warning, "put in quarantine");
  }
  return {};
}

}  // namespace

LogLine announcement(const Event& event) {
  return std::visit([](const auto& known) { return told(known); }, event);
}

void Announcer::take(const Event& event) {
  LogLine line = announcement(event);
  if (line.text.empty()) return;
  if (std::holds_alternative<LevelChanged>(event)) manager_.status(line.text);
  log_.write(line.severity, std::move(line.text));
}

}  // namespace spillway
