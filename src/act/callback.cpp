#include "act/callback.h"

#include <array>

#include "act/moves.h"
#include "act/outcomes.h"

namespace spillway {

/// What is asked, and what it costs until measured times say better. The rates are those of a copy
/// over PCIe and of a read from a disk: the slow end of what is common.
struct CallbackAction::Verb {
  Rung rung;
  const char* word;
  Duration give_base, restore_base;
  double give_rate, restore_rate;  // bytes per second; 0: does not depend on the amount
};

namespace {

constexpr double kCopy = 4e9, kDisk = 1e9;
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

const CallbackAction::Verb& CallbackAction::verb_of(Rung rung) {
  static constexpr std::array kVerbs{
      Verb{Rung::trim, "trim", 5ms, 0ms, 0, 0},
      Verb{Rung::unload_idle, "unload", 20ms, 500ms, 0, kDisk},
      Verb{Rung::shrink, "shrink", 50ms, 50ms, kDisk, kDisk},
      Verb{Rung::offload, "offload", 20ms, 20ms, kCopy, kCopy},
  };
  for (const Verb& verb : kVerbs) {
    if (verb.rung == rung) return verb;
  }
  return kVerbs.front();
}

CallbackAction::CallbackAction(Rung rung, std::shared_ptr<GuestLink> guests)
    : rung_(verb_of(rung).rung), verb_(verb_of(rung)), guests_(std::move(guests)) {}

Capability CallbackAction::capability() const {
  if (!guests_) return {std::string(name()), false, "no program can be asked"};
  return {std::string(name()), true, "programs that registered"};
}

void CallbackAction::offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const {
  if (!guests_ || tenant.pinned || !tenant.connected) return;
  auto move = move_of(rung_, tenant);
  if (!move) return;
  Bytes freed;
  for (const PoolChange& change : move->changes) {
    if (change.delta < Bytes{}) freed -= change.delta;
  }
  Offer& offer = out.emplace_back();
  offer.tenant = tenant.id;
  offer.action = name();
  offer.rung = rung_;
  offer.changes = std::move(move->changes);
  offer.cost_give = time_for(verb_.give_base, verb_.give_rate, freed);
  offer.cost_restore = time_for(verb_.restore_base, verb_.restore_rate, freed);
  if (offer.cost_give > kShort) offer.deadline = 2 * offer.cost_give + kShort;
  offer.sure = move->sure;
  offer.detail = std::move(move->detail);
}

Outcome CallbackAction::run(const Step& step, const Tenant& tenant, TimePoint deadline) {
  if (!guests_ || step.rung != rung_) return skipped(step, "no program can be asked for this");
  const bool giving = step.direction == Direction::give;
  if (!giving && rung_ == Rung::trim) return skipped(step, "caches fill by themselves");

  const GuestRequest request{.tenant = tenant.id.text,
                             .verb = giving ? verb_.word : "restore",
                             .detail = giving ? step.detail : place_before(tenant, rung_),
                             .bytes = step.target,
                             .reason = step.reason};
  const auto reply = guests_->ask(request, deadline);
  if (!reply) return failed(step, reply.error());

  Outcome outcome = done(step, reply->detail.empty() ? request.detail : reply->detail);
  outcome.claimed = to_changes(reply->changes);
  outcome.pause = reply->pause;
  if (outcome.claimed.empty() && rung_ != Rung::trim) outcome.claimed = step.estimate;
  return outcome;
}

}  // namespace spillway
