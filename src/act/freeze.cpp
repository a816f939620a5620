#include "act/freeze.h"

#include <signal.h>

#include "act/moves.h"
#include "act/outcomes.h"
#include "act/target.h"
#include "base/clock.h"

namespace spillway {
namespace {

using Target = std::variant<ProcessHandle, CgroupHandle>;

Result<DeadMan::Slot> guard(DeadMan& dead_man, const Target& target) {
  if (const auto* process = std::get_if<ProcessHandle>(&target)) {
    return dead_man.guard(DeadMan::Kind::process, process->fd());
  }
  return dead_man.guard(DeadMan::Kind::cgroup, std::get<CgroupHandle>(target).fd());
}

Status stop(const Target& target, Duration patience) {
  if (const auto* process = std::get_if<ProcessHandle>(&target)) return process->signal(SIGSTOP);
  return std::get<CgroupHandle>(target).freeze(patience);
}

Status resume(const Target& target) {
  if (const auto* process = std::get_if<ProcessHandle>(&target)) return process->signal(SIGCONT);
  return std::get<CgroupHandle>(target).thaw();
}

bool gone(const Status& status) { return !status && status.error().code == Errc::not_found; }

}  // namespace

FreezeAction::FreezeAction(const SysRoot& root, FrozenNotes notes)
    : root_(root), groups_(unified_groups(root)), notes_(std::move(notes)) {}

Capability FreezeAction::capability() const {
  if (const auto tried = rehearse_signals(); !tried)
    return {"freeze", false, to_string(tried.error())};
  if (!groups_) return {"freeze", true, "SIGSTOP; no cgroup v2"};
  return {"freeze", true, "cgroup.freeze, else SIGSTOP"};
}

void FreezeAction::offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const {
  if (tenant.pinned || !tenant.process || is_taken(tenant, Rung::freeze)) return;
  out.push_back({.tenant = tenant.id,
                 .action = "freeze",
                 .rung = Rung::freeze,
                 .cost_give = 10ms,
                 .cost_restore = 1ms});
}

Outcome FreezeAction::run(const Step& step, const Tenant& tenant, TimePoint deadline) {
  return step.direction == Direction::give ? freeze(step, tenant, deadline) : thaw(step, tenant);
}

Result<CgroupHandle> FreezeAction::own_scope(const Tenant& tenant) const {
  auto scope = open_scope(root_, groups_, tenant);
  if (!scope) return scope;
  const auto pids = scope->pids();
  if (!pids) return tl::unexpected(pids.error());
  bool inside = false;
  for (const pid_t pid : *pids) {
    inside = inside || pid == tenant.process->pid;
    const auto member = ProcessHandle::open(pid);
    if (!member) continue;  // it has just ended
    if (const auto why = member->protection()) return fail(Errc::denied, *why, scope->path());
  }
  if (!inside) return fail(Errc::not_found, "its process is elsewhere", scope->path());
  return scope;
}

Outcome FreezeAction::freeze(const Step& step, const Tenant& tenant, TimePoint deadline) {
  auto process = open_target(tenant);
  if (!process) return skipped(step, to_string(process.error()));
  {
    const std::lock_guard lock(mutex_);
    if (frozen_.contains(tenant.id)) return skipped(step, "it is frozen already");
  }
  auto scope = own_scope(tenant);
  const std::string scope_path = scope ? scope->path() : std::string();
  Target target = scope ? Target(std::move(*scope)) : Target(std::move(*process));

  // Guarded before it is frozen: there is no moment at which our death would leave it so.
  const auto slot = guard(dead_man_, target);
  if (!slot) return failed(step, slot.error());
  (void)notes_.write(*tenant.process, scope_path);  // a full disk is no reason not to
  const Status stopped = stop(target, deadline - SystemClock().now());
  if (!stopped) {
    dead_man_.release(*slot);
    notes_.erase(*tenant.process);
    return failed(step, stopped.error());
  }
  const std::lock_guard lock(mutex_);
  frozen_.insert_or_assign(tenant.id, Frozen{std::move(target), *slot, *tenant.process});
  return done(step, scope ? "cgroup.freeze" : "SIGSTOP");
}

Outcome FreezeAction::thaw(const Step& step, const Tenant& tenant) {
  const std::lock_guard lock(mutex_);
  const auto found = frozen_.find(tenant.id);
  if (found == frozen_.end()) return skipped(step, "it is not frozen");
  const Status resumed = resume(found->second.target);
  if (!resumed && !gone(resumed)) return failed(step, resumed.error());
  dead_man_.release(found->second.slot);
  notes_.erase(found->second.noted);
  frozen_.erase(found);
  return done(step);
}

}  // namespace spillway
