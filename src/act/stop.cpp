#include "act/stop.h"

#include <signal.h>

#include <algorithm>

#include "act/moves.h"
#include "act/outcomes.h"
#include "act/target.h"
#include "base/clock.h"

namespace spillway {
namespace {

/// The kernel takes a killed process apart within this, unless it hangs in a driver.
constexpr Duration kDying = 2s;
/// What a person loses is not measured in seconds; dearer than any reload.
constexpr Duration kNeverComesBack = 1h;

Error not_ended(const char* after, const Tenant& tenant) {
  return {Errc::timed_out, std::string("still running after ") + after, tenant.id.text, {}};
}

}  // namespace

Capability StopAction::capability() const {
  if (const auto tried = rehearse_signals(); !tried)
    return {"stop", false, to_string(tried.error())};
  return {"stop", true, "SIGTERM, then SIGKILL; only tenants that opted in"};
}

void StopAction::offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const {
  if (!tenant.stop_allowed || tenant.pinned || !tenant.process) return;
  auto changes = difference(current_bytes(tenant), {});
  if (changes.empty()) return;
  out.push_back({.tenant = tenant.id,
                 .action = "stop",
                 .rung = Rung::stop,
                 .changes = std::move(changes),
                 .cost_give = grace_,
                 .cost_restore = kNeverComesBack,
                 .deadline = grace_ + kDying});
}

Outcome StopAction::run(const Step& step, const Tenant& tenant, TimePoint deadline) {
  if (step.direction == Direction::restore) return skipped(step, "a stopped program stays stopped");
  if (!tenant.stop_allowed) return skipped(step, "the tenant did not opt in");
  const auto target = open_target(tenant);
  if (!target) return skipped(step, to_string(target.error()));

  if (const auto sent = target->signal(SIGTERM); !sent) return failed(step, sent.error());
  // A frozen program could not follow the request.
  (void)target->signal(SIGCONT);
  const SystemClock clock;
  const auto left = [&] { return deadline - clock.now(); };
  Outcome outcome = done(step, "SIGTERM");
  if (!target->wait_end(std::min(grace_, left()))) {
    // A grace cut short by the deadline is no grace: the next step may go on from here.
    if (left() <= Duration::zero()) return failed(step, not_ended("SIGTERM", tenant));
    if (const auto sent = target->signal(SIGKILL); !sent) return failed(step, sent.error());
    if (!target->wait_end(left())) return failed(step, not_ended("SIGKILL", tenant));
    outcome.detail = "SIGKILL";
  }
  outcome.claimed = step.estimate;
  return outcome;
}

}  // namespace spillway
