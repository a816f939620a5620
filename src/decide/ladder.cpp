#include "decide/ladder.h"

#include <algorithm>

#include "base/text.h"

namespace spillway {
namespace {

Rung highest(const Round& round, Level level) {
  return round.in.policy.ladder.highest[index(level)];
}

Step notice(const PoolAssessment& found, std::string reason) {
  return {.rung = Rung::notify,
          .action = "notify",
          .pool = found.pool,
          .level = found.level,
          .reason = std::move(reason)};
}

std::string share_words(const PoolAssessment& found) {
  return found.pool.text + (found.share ? " at " + percent(*found.share) : std::string()) + " (" +
         std::string(name(found.level)) + ")";
}

/// Nothing more can be taken at this level. Said once, louder again only when it gets worse.
void report_exhaustion(Round& round, PoolView& pool) {
  PoolMemory& memory = *pool.memory;
  const PoolAssessment& found = *pool.found;
  const std::string why = "nothing is left to take up to " +
                          std::string(name(highest(round, found.level))) + ", and " +
                          to_string(pool.need()) + " more must come back";
  round.decline(found.pool, {}, highest(round, found.level), why);
  if (memory.exhausted && *memory.exhausted >= found.level) return;
  memory.exhausted = found.level;
  Step step = notice(found, share_words(found) + ": " + why);
  step.detail = "exhausted";
  round.start(std::move(step));
}

void relieve(Round& round, std::uint32_t index) {
  PoolView& pool = round.pools[index];
  const PoolAssessment& found = *pool.found;
  if (found.excess <= Bytes{}) return;
  const Rung most = highest(round, found.level);
  if (most <= Rung::notify) return;
  if (found.unknown_since) {
    round.decline(
        found.pool, {}, most,
        "not read for " + to_string(*found.unknown_since) + ": nothing is taken on a guess");
    return;
  }
  if (pool.is_held_up()) return;
  if (pool.need() <= Bytes{}) {
    round.decline(found.pool, {}, most,
                  "waiting for " + to_string(pool.credit + pool.coming) +
                      " that was promised and has not arrived yet");
    return;
  }
  const Want want{.pool = index, .need = pool.need(), .level = found.level, .highest = most};
  const Choice choice = choose(round, want);
  if (!choice) {
    if (!choice.more_soon) report_exhaustion(round, pool);
    return;
  }
  const Offer& offer = *choice.offer->offer;
  if (offer.rung == Rung::trim) ++pool.memory->trims[offer.tenant];
  round.start(giving_step(round, want, choice));
}

}  // namespace

std::string words(const Demand& demand) {
  return demand.reason.empty() ? "on demand" : "asked by " + demand.reason;
}

Step giving_step(const Round& round, const Want& want, const Choice& choice) {
  const Offer& offer = *choice.offer->offer;
  const LadderPolicy& ladder = round.in.policy.ladder;
  Step step{.rung = offer.rung,
            .action = offer.action,
            .tenant = offer.tenant,
            .level = want.level,
            .target = want.need,
            .estimate = offer.changes,
            .deadline = std::max(ladder.step_deadline, offer.deadline.value_or(Duration{})),
            .detail = offer.detail};
  if (want.demand) step.demand = want.demand->id;
  if (want.pool != kNowhere) step.pool = round.pools[want.pool].found->pool;
  step.reason =
      (want.demand ? words(*want.demand) : share_words(*round.pools[want.pool].found)) + ": ";
  if (want.need > Bytes{}) step.reason += to_string(want.need) + " must come back; ";
  step.reason += std::string(name(offer.rung)) + " of " + offer.tenant.text;
  if (!offer.detail.empty()) step.reason += " to " + offer.detail;
  step.reason += choice.gives > Bytes{}       ? " should give " + to_string(choice.gives)
                 : offer.rung == Rung::freeze ? " stops its growth"
                                              : ", which cannot say how much it gives";
  return step;
}

void preserve(Round& round) {
  const Level level = round.in.assessment.level;
  if (level < Level::emergency) {
    for (auto& [tenant, memory] : round.state.tenants) memory.preserved = false;
  }
  if (level < Level::shutdown || highest(round, level) < Rung::preserve) return;
  const auto pool = std::find_if(round.pools.begin(), round.pools.end(), [](const PoolView& p) {
    return p.found->level == Level::shutdown;
  });
  std::vector<const OfferView*> asked;
  for (const OfferView& view : round.offers) {
    if (view.offer->rung == Rung::preserve) asked.push_back(&view);
  }
  std::sort(asked.begin(), asked.end(), [](const OfferView* a, const OfferView* b) {
    return a->tenant != b->tenant ? a->tenant < b->tenant : a->offer->action < b->offer->action;
  });
  for (const OfferView* view : asked) {
    const TenantView& tenant = round.tenants[view->tenant];
    const bool quarantined = tenant.memory && tenant.memory->quarantined_until > round.now;
    if (tenant.in_flight || tenant.is_halted || quarantined) continue;
    if (tenant.memory && tenant.memory->preserved) continue;
    round.remember(view->tenant).preserved = true;
    round.start({.rung = Rung::preserve,
                 .action = view->offer->action,
                 .tenant = view->offer->tenant,
                 .pool = pool->found->pool,
                 .level = level,
                 .deadline = round.in.policy.ladder.preserve_deadline,
                 .detail = view->offer->detail,
                 .reason = share_words(*pool->found) + ": state is kept before anything is lost"});
  }
}

void announce(Round& round) {
  for (PoolView& pool : round.pools) {
    const PoolAssessment& found = *pool.found;
    PoolMemory& memory = *pool.memory;
    if (memory.announced != found.level) {
      round.start(notice(found, found.pool.text + " went from " +
                                    std::string(name(memory.announced)) + " to " +
                                    std::string(name(found.level)) + ": " + found.evidence));
      memory.announced = found.level;
    }
    if (found.level == Level::normal) {
      memory.trims.clear();
      memory.exhausted = std::nullopt;
    }
    const bool refuses =
        found.level == Level::shutdown && highest(round, Level::shutdown) >= Rung::refuse;
    if (refuses == memory.refusing) continue;
    memory.refusing = refuses;
    round.start({.direction = refuses ? Direction::give : Direction::restore,
                 .rung = Rung::refuse,
                 .action = "refuse",
                 .pool = found.pool,
                 .level = found.level,
                 .reason = share_words(found) + (refuses ? ": no new work until it is better"
                                                         : ": new work is welcome")});
  }
}

void relieve(Round& round) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < round.pools.size(); ++i) {
    if (round.pools[i].found->level != Level::normal) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return round.pools[a].found->level > round.pools[b].found->level;
  });
  for (const std::uint32_t pool : order) relieve(round, pool);
}

}  // namespace spillway
