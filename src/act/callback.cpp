#include "act/callback.h"

#include <algorithm>
#include <array>

#include "act/moves.h"
#include "act/outcomes.h"

namespace spillway {
namespace {

/// What a verb costs, until measured yields and times say better. Bytes per second are those of a
/// copy over PCIe and of a read from a disk: the slow end of what is common.
struct Verb {
  Rung rung;
  const char* word;
  Duration give_base, restore_base;
  double give_rate, restore_rate;  // 0: does not depend on the amount
};
constexpr double kCopy = 4e9, kDisk = 1e9;
constexpr std::array kVerbs{
    Verb{Rung::trim, "trim", 5ms, 0ms, 0, 0},
    Verb{Rung::unload_idle, "unload", 20ms, 500ms, 0, kDisk},
    Verb{Rung::shrink, "shrink", 50ms, 50ms, kDisk, kDisk},
    Verb{Rung::offload, "offload", 20ms, 20ms, kCopy, kCopy},
};
/// Longer estimates than this ask for a deadline of their own.
constexpr Duration kShort = 2s;
constexpr std::size_t kMostChanges = 64;  // of one answer; a guest's list is not ours to trust

Duration time_for(Duration base, double rate, Bytes bytes) {
  return rate > 0 ? base + from_seconds(static_cast<double>(bytes.count) / rate) : base;
}

std::vector<PoolChange> to_changes(const std::vector<std::pair<std::string, Bytes>>& answer) {
  std::vector<PoolChange> changes;
  for (const auto& [pool, delta] : answer) {
    if (changes.size() < kMostChanges) changes.push_back({PoolId{pool}, delta});
  }
  return changes;
}

}  // namespace

Capability CallbackAction::capability() const {
  if (!guests_) return {"callback", false, "no program can be asked"};
  return {"callback", true, "programs that registered"};
}

void CallbackAction::offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const {
  if (!guests_ || tenant.pinned || !tenant.connected) return;
  for (const Verb& verb : kVerbs) {
    auto move = move_of(verb.rung, tenant);
    if (!move) continue;
    Bytes freed;
    for (const PoolChange& change : move->changes) {
      if (change.delta < Bytes{}) freed -= change.delta;
    }
    Offer offer{.tenant = tenant.id,
                .action = "callback",
                .rung = verb.rung,
                .changes = std::move(move->changes),
                .cost_give = time_for(verb.give_base, verb.give_rate, freed),
                .cost_restore = time_for(verb.restore_base, verb.restore_rate, freed),
                .sure = move->sure,
                .detail = std::move(move->detail)};
    if (offer.cost_give > kShort) offer.deadline = 2 * offer.cost_give + kShort;
    out.push_back(std::move(offer));
  }
}

Outcome CallbackAction::run(const Step& step, const Tenant& tenant, TimePoint deadline) {
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [&](const Verb& known) { return known.rung == step.rung; });
  if (!guests_ || verb == kVerbs.end()) return skipped(step, "no program can be asked for this");
  const bool giving = step.direction == Direction::give;

  GuestRequest request{.tenant = tenant.id.text,
                       .verb = giving ? verb->word : "restore",
                       .detail = giving ? step.detail : place_before(tenant, step.rung),
                       .bytes = step.target,
                       .reason = step.reason};
  const auto reply = guests_->ask(request, deadline);
  if (!reply) return failed(step, reply.error());

  Outcome outcome = done(step, reply->detail.empty() ? request.detail : reply->detail);
  outcome.claimed = to_changes(reply->changes);
  outcome.pause = reply->pause;
  const bool moves = step.rung != Rung::trim;
  if (outcome.claimed.empty() && moves) outcome.claimed = step.estimate;
  return outcome;
}

}  // namespace spillway
