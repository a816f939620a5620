#include "decide/refusal.h"

#include <algorithm>

namespace spillway {
namespace {

using Why = Refusal::Why;

/// These are done by the tenant's own program, which cannot do anything while it is frozen.
bool needs_its_program(Rung rung) {
  return rung == Rung::trim || rung == Rung::unload_idle || rung == Rung::shrink ||
         rung == Rung::offload || rung == Rung::preserve;
}

bool disturbs(Rung rung) { return rung != Rung::trim && rung != Rung::reclaim; }

/// Then it is moved, whatever was tried or promised before.
bool is_asked_by_name(const Want& want) { return want.demand && want.demand->tenant; }

Duration left(const std::optional<TimePoint>& until, TimePoint now) {
  return until && *until > now ? *until - now : Duration::zero();
}

std::optional<Refusal> by_memory(const Round& round, const Want& want, const OfferView& offer) {
  const TenantMemory* memory = round.tenants[offer.tenant].memory;
  if (!memory) return std::nullopt;
  const TimePoint now = round.now;
  const RestorePolicy& restore = round.in.policy.restore;
  const Rung rung = offer.offer->rung;
  if (const Duration time = left(memory->quarantined_until, now); time > Duration::zero()) {
    return Refusal{.why = Why::quarantined, .time = time};
  }
  if (const ActionMemory* action = round.action_memory(offer); action && !is_asked_by_name(want)) {
    if (action->not_before > now)
      return Refusal{.why = Why::put_aside, .time = action->not_before - now};
  }
  if (rung == Rung::freeze) {
    if (const Duration time = left(memory->thrashing_until, now); time > Duration::zero()) {
      return Refusal{.why = Why::thrashing, .time = time};
    }
  }
  if (!want.demand && want.level < Level::emergency && disturbs(rung) && memory->restored) {
    const Duration resident = now - *memory->restored;
    if (resident < restore.min_residency) {
      return Refusal{.why = Why::restored_lately, .time = resident};
    }
  }
  return std::nullopt;
}

std::optional<Refusal> by_rung(const Round& round, const Want& want, const OfferView& offer) {
  const Tenant& tenant = *round.tenants[offer.tenant].tenant;
  const LadderPolicy& ladder = round.in.policy.ladder;
  switch (offer.offer->rung) {
    case Rung::trim: {
      if (want.demand || want.pool == kNowhere) return std::nullopt;
      const auto& trims = round.pools[want.pool].memory->trims;
      const auto done = trims.find(tenant.id);
      const int most =
          want.level < Level::critical ? ladder.trims_at_warning : ladder.trims_at_critical;
      const int count = done == trims.end() ? 0 : done->second;
      if (count < most) return std::nullopt;
      return Refusal{.why = Why::trimmed_enough, .count = count};
    }
    case Rung::unload_idle: {
      if (is_asked_by_name(want)) return std::nullopt;
      if (tenant.busy) return Refusal{.why = Why::busy};
      const Duration idle = round.now - tenant.last_used.value_or(tenant.registered);
      if (idle >= ladder.idle_after) return std::nullopt;
      return Refusal{.why = Why::used_lately, .time = idle};
    }
    case Rung::freeze:
      if (!ladder.allow_freeze) return Refusal{.why = Why::freeze_off};
      return std::nullopt;
    case Rung::stop: {
      if (!ladder.allow_stop) return Refusal{.why = Why::stop_off};
      if (!tenant.stop_allowed) return Refusal{.why = Why::stop_unwanted};
      const auto& flights = round.state.flights;
      const bool preserving = std::any_of(flights.begin(), flights.end(),
                                          [](const Flight& f) { return f.rung == Rung::preserve; });
      if (preserving) return Refusal{.why = Why::preserve_first};
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

/// A measure whose memory is still on its way is not taken again.
std::optional<Refusal> by_arrivals(const Round& round, const Want& want, const OfferView& offer) {
  const TenantView& view = round.tenants[offer.tenant];
  if (!view.awaited || is_asked_by_name(want)) return std::nullopt;
  for (const Arrival& arrival : round.state.arrivals) {
    if (arrival.charges || arrival.action != offer.offer->action ||
        arrival.tenant != view.tenant->id) {
      continue;
    }
    return Refusal{
        .why = Why::awaited, .time = arrival.until - round.now, .amount = arrival.outstanding};
  }
  return std::nullopt;
}

/// Relief of one pool is not bought with a shortage of another: what it charges must fit under the
/// warning exit there, and a pool that cannot be read has no known room.
std::optional<Refusal> by_charges(const Round& round, const OfferView& offer) {
  const auto changes = round.changes(offer);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].delta <= Bytes{}) continue;
    Bytes charge;
    for (const ChangeView& other : changes) {
      if (other.pool == changes[i].pool) charge += other.delta;
    }
    if (charge <= Bytes{}) continue;
    const bool is_known = changes[i].pool != kNowhere;
    const std::optional<Bytes> room = is_known ? round.pools[changes[i].pool].room() : std::nullopt;
    const bool is_short = is_known && round.pools[changes[i].pool].found->level != Level::normal;
    if (room && charge <= *room && !is_short) continue;
    return Refusal{.why = Why::no_room,
                   .pool = changes[i].pool,
                   .amount = charge,
                   .count = static_cast<int>(i)};
  }
  return std::nullopt;
}

std::string no_room_words(const Refusal& refusal, const Round& round, const OfferView& offer) {
  const std::string into = offer.offer->changes[static_cast<std::size_t>(refusal.count)].pool.text;
  const std::string text = "it would put " + to_string(refusal.amount) + " into " + into + ", ";
  if (refusal.pool == kNowhere) return text + "of which nothing is known";
  const PoolView& pool = round.pools[refusal.pool];
  if (pool.found->level != Level::normal)
    return text + "which is at " + std::string(name(pool.found->level));
  if (!pool.room()) return text + "which cannot be read now";
  return text + "which has room for " + to_string(std::max(Bytes{}, *pool.room())) +
         " below its warning level";
}

}  // namespace

bool concerns(const Demand& demand, const Tenant& tenant) {
  return !demand.only_uid || *demand.only_uid == tenant.uid;
}

std::optional<Refusal> refusal(const Round& round, const Want& want, const OfferView& offer) {
  const TenantView& view = round.tenants[offer.tenant];
  const Rung rung = offer.offer->rung;
  if (want.demand && !concerns(*want.demand, *view.tenant)) {
    return Refusal{.why = Why::of_another};
  }
  if (view.tenant->pinned) return Refusal{.why = Why::pinned};
  if (want.demand && !want.demand->tenant && want.demand->asker == view.tenant->id)
    return Refusal{.why = Why::asked_itself};
  if (rung > want.highest) return Refusal{.why = Why::rung_too_high};
  if (want.progress && want.progress->tried.contains({view.tenant->id, offer.offer->action})) {
    return Refusal{.why = Why::tried};
  }
  if (view.in_flight) return Refusal{.why = Why::under_way};
  if (view.is_halted && (needs_its_program(rung) || rung == Rung::freeze)) {
    return Refusal{.why = Why::frozen};
  }
  // A program that is stopped in the middle of a move never ends it.
  if (rung == Rung::freeze && view.is_process_busy) return Refusal{.why = Why::under_way};
  if (auto found = by_arrivals(round, want, offer)) return found;
  if (auto found = by_memory(round, want, offer)) return found;
  if (auto found = by_rung(round, want, offer)) return found;
  return by_charges(round, offer);
}

std::string words(const Refusal& refusal, const Round& round, const Want& want,
                  const OfferView& offer) {
  const LadderPolicy& ladder = round.in.policy.ladder;
  const Offer& what = *offer.offer;
  const std::string time = to_string(refusal.time);
  switch (refusal.why) {
    case Why::pinned: return "it is pinned";
    case Why::rung_too_high:
      if (want.demand) {
        return std::string(name(what.rung)) + " is more than the demand allows (" +
               std::string(name(want.highest)) + ")";
      }
      return std::string(name(what.rung)) + " is not permitted at " +
             std::string(name(want.level)) + " (up to " + std::string(name(want.highest)) + ")";
    case Why::of_another: return "it belongs to another user";
    case Why::asked_itself: return "the memory is for itself";
    case Why::tried: return "done once for this demand already";
    case Why::under_way: return "another measure is under way on it";
    case Why::quarantined: return "it did not answer in time; left alone for another " + time;
    case Why::frozen: return "it is frozen and cannot answer";
    case Why::put_aside: return round.action_memory(offer)->why + "; not asked for another " + time;
    case Why::awaited:
      return to_string(refusal.amount) + " of its last " + what.action +
             " has not arrived yet; waiting for another " + time;
    case Why::trimmed_enough:
      return "trimmed " + std::to_string(refusal.count) + " times already, which is the most at " +
             std::string(name(want.level));
    case Why::busy: return "it is answering a request";
    case Why::used_lately:
      return "used " + time + " ago; idle begins after " + to_string(ladder.idle_after);
    case Why::restored_lately:
      return "restored " + time + " ago and stays for " +
             to_string(round.in.policy.restore.min_residency) + " below emergency";
    case Why::freeze_off: return "freezing is switched off";
    case Why::thrashing: return "frozen and thawed too often; left running for another " + time;
    case Why::stop_off: return "stopping is switched off";
    case Why::stop_unwanted: return "it has not agreed to be stopped";
    case Why::preserve_first: return "state is being preserved first";
    case Why::no_room: return no_room_words(refusal, round, offer);
  }
  return {};
}

}  // namespace spillway
