#include "act/preserve.h"

#include "act/moves.h"
#include "act/outcomes.h"

namespace spillway {

Capability PreserveAction::capability() const {
  if (!guests_) return {"preserve", false, "no program can be asked"};
  if (!store_) return {"preserve", false, "no directory to keep state in"};
  return {"preserve", true, "programs that registered"};
}

void PreserveAction::offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const {
  if (!guests_ || !store_ || !tenant.connected || !tenant.abilities.preserve) return;
  if (is_taken(tenant, Rung::freeze)) return;
  out.push_back(
      {.tenant = tenant.id, .action = "preserve", .rung = Rung::preserve, .cost_give = 100ms});
}

Outcome PreserveAction::run(const Step& step, const Tenant& tenant, TimePoint deadline) {
  if (step.direction == Direction::restore) return skipped(step, "the program asks for it itself");
  if (!guests_ || !store_) return skipped(step, capability().reason);
  const auto reply =
      guests_->ask({.tenant = tenant.id.text, .verb = "preserve", .reason = step.reason}, deadline);
  if (!reply) return failed(step, reply.error());

  Outcome outcome = done(step, "kept by the program");
  outcome.pause = reply->pause;
  if (reply->data.empty()) return outcome;
  const auto version = store_->put(key_ ? key_(tenant) : tenant.id.text, reply->data);
  if (!version) return failed(step, version.error());
  outcome.detail = to_string(Bytes{static_cast<std::int64_t>(reply->data.size())}) +
                   " as version " + std::to_string(*version);
  // It is safe already; a program that does not hear of it only does not know.
  (void)guests_->ask({.tenant = tenant.id.text,
                      .verb = "preserved",
                      .detail = std::to_string(*version),
                      .reason = step.reason},
                     deadline);
  return outcome;
}

}  // namespace spillway
