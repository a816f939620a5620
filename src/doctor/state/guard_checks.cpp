#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/checks.h"
#include "doctor/state/words.h"

// What the guard itself sees and does.

namespace spillway::doctor {
namespace {

constexpr Duration kLongAway = 10min;
constexpr int kOftenOffloaded = 12;  // in a day

void short_pools(const Examined& e, std::vector<Diagnosis>& out) {
  for (const PoolStatus& pool : e.report.pools) {
    const PoolAssessment& a = pool.assessment;
    if (a.level == Level::normal || !a.used || !a.total) continue;
    out.push_back(
        {.severity = a.level >= Level::critical ? Severity::problem : Severity::warning,
         .what = fmt::format("{} is short: {}", a.pool.text, name(a.level)),
         .evidence = fmt::format("{} of {} in use{}{}", to_string(*a.used), to_string(*a.total),
                                 a.evidence.empty() ? "" : "; ", a.evidence),
         .fix = "give some back: the cheapest measures are taken first",
         .command = fmt::format("spillway free --pool {} --bytes {}", shell_word(a.pool.text),
                                std::max<std::int64_t>(a.excess.count, 1 << 20))});
  }
}

void failing_sensors(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Fault& fault : e.report.faults) {
    out.push_back(
        {.what = fmt::format("the sensor {} fails: what it measures is unknown", fault.sensor),
         .evidence = to_string(fault.error),
         .fix = fault.error.hint.empty() ? "see what else it says" : fault.error.hint,
         .command = "spillway status --verbose"});
  }
}

/// Room in the tenant's own memory, by the guard's reckoning.
std::optional<Bytes> room_in(const StatusReport& report, const PoolId& pool) {
  for (const PoolStatus& status : report.pools) {
    if (status.assessment.pool == pool) return status.assessment.room;
  }
  return std::nullopt;
}

void stuck_away(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Tenant& tenant : e.report.tenants) {
    const auto away =
        std::find_if(tenant.taken.begin(), tenant.taken.end(), [](const Taken& taken) {
          return taken.rung == Rung::offload || taken.rung == Rung::unload_idle ||
                 taken.rung == Rung::shrink;
        });
    if (away == tenant.taken.end() || e.report.now - away->since < kLongAway) continue;
    std::string why = "what it was moved out of is not measured now";
    for (const PoolChange& change : away->changes) {
      if (change.delta.count >= 0) continue;
      const auto room = room_in(e.report, change.pool);
      if (!room) continue;
      why = fmt::format("it needs {} of {}, and {} may be filled again", to_string(-change.delta),
                        change.pool.text, to_string(*room));
    }
    out.push_back(
        {.what = fmt::format("{} has been away for {}{}{}: requests are slower than they need be",
                             tenant.id.text, to_string(e.report.now - away->since),
                             away->detail.empty() ? "" : ", at ", away->detail),
         .evidence = why,
         .fix = "make room where it belongs, or run it smaller for good",
         .command = fmt::format("spillway restore {}", shell_word(tenant.id.text))});
  }
}

void frequent_offloads(const Examined& e, std::vector<Diagnosis>& out) {
  for (const auto& [tenant, times] : e.history.offloads) {
    if (times < kOftenOffloaded) continue;
    out.push_back(
        {.what = fmt::format("{} was moved away {} times in a day", tenant, times),
         .evidence = fmt::format("the guard's journal, {} of it", to_string(e.history.span)),
         .fix = "the memory is too small for what runs together: see what would fit",
         .command = fmt::format("spillway why {}", shell_word(tenant))});
  }
}

void unguarded(const Examined& e, std::vector<Diagnosis>& out) {
  if (e.report.source != "direct") return;
  const bool nvidia = std::any_of(e.machine.gpu.gpus.begin(), e.machine.gpu.gpus.end(),
                                  [](const Gpu& gpu) { return gpu.driver == "nvidia"; });
  out.push_back({.severity = Severity::note,
                 .what = std::string("no daemon runs: nothing is guarded") +
                         (nvidia ? ", and the GPU is not looked at" : ""),
                 .evidence = "its socket is not there",
                 .fix = "start it",
                 .command = "sudo systemctl start spillwayd"});
}

constexpr std::array kChecks{
    Check{"memory-short", short_pools}, Check{"sensor-fails", failing_sensors},
    Check{"stuck-away", stuck_away}, Check{"frequent-offloads", frequent_offloads},
    Check{"not-guarded", unguarded}};

}  // namespace

std::span<const Check> guard_checks() { return kChecks; }

}  // namespace spillway::doctor
