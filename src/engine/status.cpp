#include <algorithm>

#include "assess/assess.h"
#include "base/version.h"
#include "engine/impl.h"

namespace spillway {
namespace {

constexpr std::size_t kNamedOwners = 5;

std::string owner_words(const ProcessReading& process) {
  std::string words = process.name + " (pid " + std::to_string(process.key.pid) + ")";
  if (const auto ram = process.pss ? process.pss : process.rss) words += " " + to_string(*ram);
  if (process.swap && *process.swap > Bytes{})
    words += " and " + to_string(*process.swap) + " of swap";
  return words;
}

}  // namespace

StatusReport Engine::Impl::status() const {
  const Snapshot& snapshot = frame().snapshot;
  const TimePoint now = parts.clock->now();
  StatusReport report;
  report.source = parts.source;
  report.version = kVersion;
  report.at = snapshot.wall;
  report.uptime = now - started;
  report.level = frame().assessment.level;
  const Assessment worded = assess(history, parts.policy, frame().assessment.at);
  for (const PoolAssessment& pool : frame().assessment.pools) {
    const PoolTrack* track = history.find(pool.pool);
    PoolStatus status{.assessment = pool};
    const PoolAssessment* again = pool.evidence.empty() ? worded.find(pool.pool) : nullptr;
    if (again) status.assessment.evidence = again->evidence;
    if (track) {
      status.reserved = track->last.reserved;
      status.cache = track->last.cache;
      status.source = track->last.source;
      status.age = now - track->good;
    }
    report.pools.push_back(std::move(status));
  }
  for (const StallTrack& stall : history.stalls()) {
    const auto share = stall.share(parts.policy.of(stall.scope.value_or(kRam)).stall.window);
    if (share) report.stalls.push_back({stall.resource, stall.scope, share->some, share->full});
  }
  report.memory = snapshot.memory;
  report.tenants = roster.tenants();
  report.owners = owners;
  report.device_uses = snapshot.device_uses;
  report.capabilities = capabilities;
  for (const auto& sensor : parts.sensors) sensor->capabilities(report.capabilities);
  report.faults = snapshot.faults;
  for (const Running& each : running) {
    if (!each.outcome) report.running.push_back(each.step);
  }
  report.counters = counters;
  report.dry_run = parts.policy.dry_run;
  return report;
}

bool Engine::Impl::update(const TenantId& id, const std::function<void(Tenant&)>& change) {
  const Tenant* known = roster.find(id);
  if (!known) return false;
  const Tenant before = *known;
  roster.update(id, change);
  const Tenant& now = *roster.find(id);
  // Requests come and go by the thousand: only what somebody may ask "why" about is an event.
  if (before.connected != now.connected || before.pinned != now.pinned ||
      before.priority != now.priority || before.variant != now.variant ||
      before.stop_allowed != now.stop_allowed || before.taken.size() != now.taken.size()) {
    tell(TenantChanged::What::updated, now, {});
  }
  return true;
}

void Engine::Impl::drop(const TenantId& id, TenantChanged::What what, std::string reason) {
  const auto tenant = roster.remove(id);
  if (!tenant) return;
  tell(what, *tenant, std::move(reason));
  // What leaves is not left frozen; everything else it has taken along.
  for (const Taken& taken : tenant->taken) {
    if (taken.rung != Rung::freeze) continue;
    Step thaw{.direction = Direction::restore,
              .rung = Rung::freeze,
              .action = taken.action,
              .tenant = id,
              .reason = "it is no tenant any more"};
    (void)launch(thaw, *tenant, parts.clock->now());
  }
}

void Engine::Impl::tell(TenantChanged::What what, const Tenant& tenant, std::string reason) {
  if (!parts.sink) return;
  record(TenantChanged{what, parts.clock->now(), parts.clock->wall(), tenant, std::move(reason)});
}

void Engine::Impl::note(std::string text) {
  record(Note{parts.clock->now(), parts.clock->wall(), std::move(text)});
}

void Engine::Impl::note_faults() {
  const Snapshot& snapshot = frame().snapshot;
  for (const Fault& fault : snapshot.faults) {
    if (!faulty.insert(fault.sensor).second) continue;
    note(fault.sensor + " cannot be read: " + to_string(fault.error));
  }
  std::erase_if(faulty, [&](const std::string& sensor) {
    if (snapshot.faulty(sensor)) return false;
    note(sensor + " can be read again");
    return true;
  });
}

void Engine::Impl::note_owners() {
  if (owners.empty()) return;
  std::string text = "memory is held by ";
  for (std::size_t i = 0; i < std::min(owners.size(), kNamedOwners); ++i) {
    text += (i > 0 ? ", " : "") + owner_words(owners[i]);
  }
  note(std::move(text));
}

void Engine::Impl::note_kernel_events(TimePoint now) {
  const Snapshot& snapshot = frame().snapshot;
  for (const KernelEvent& event : snapshot.events) {
    note(event.text);
    event_until = now + parts.policy.cadence.event_window;
    if (event.kind == KernelEvent::Kind::oom_kill && !snapshot.vm.oom_kill) {
      ++counters.kernel_oom_kills;
    }
  }
  // The counter knows of every kill, the log only of those that were read in time.
  if (!snapshot.vm.oom_kill) return;
  const std::uint64_t total = *snapshot.vm.oom_kill;
  if (oom_kills_before && total > *oom_kills_before) {
    counters.kernel_oom_kills += total - *oom_kills_before;
    event_until = now + parts.policy.cadence.event_window;
  }
  oom_kills_before = total;
}

}  // namespace spillway
