#include "decide/demands.h"

#include <algorithm>

#include "decide/ladder.h"
#include "decide/refusal.h"
#include "decide/restore.h"
#include "decide/victims.h"

namespace spillway {
namespace {

/// A dry run lists no more steps than this.
constexpr int kMostPredicted = 256;

/// One demand in one round.
class Server {
 public:
  Server(Round& round, const Demand& demand)
      : round_(round), demand_(demand), memory_(round.state.demands[demand.id]) {
    memory_.of_tenant = demand.tenant.has_value();
    if (demand.pool) memory_.pool = *demand.pool;
  }

  void serve() {
    if (const std::string why = nonsense(); !why.empty()) return refuse(why);
    if (demand_.dry_run)
      return demand_.direction == Direction::give ? predict_gives() : predict_restores();
    if (is_met()) return settle();
    if (is_late()) return refuse("not within the time given" + progress());
    if (is_under_way()) return;
    if (demand_.direction == Direction::give) {
      give();
    } else {
      restore();
    }
  }

 private:
  void settle() { round_.plan.settled.push_back(demand_.id); }
  void refuse(std::string why) { round_.plan.refused.emplace_back(demand_.id, std::move(why)); }

  std::string nonsense() const {
    if (demand_.bytes < Bytes{}) return "an amount cannot be negative";
    const bool is_known = !demand_.tenant || tenant() != kNowhere;
    if (!is_known) return "there is no tenant " + demand_.tenant->text;
    if (demand_.tenant && !concerns(demand_, round_.in.tenants[tenant()])) {
      return demand_.tenant->text + " belongs to another user";
    }
    if (demand_.direction == Direction::restore) return {};
    if (!demand_.tenant && !demand_.pool) return "it names neither a pool nor a tenant";
    if (!demand_.tenant && demand_.bytes == Bytes{}) return "it names no amount";
    if (demand_.pool && round_.pool_index(*demand_.pool) == kNowhere) {
      return "there is no pool " + demand_.pool->text;
    }
    if (demand_.pool && round_.pools[round_.pool_index(*demand_.pool)].found->unknown_since) {
      return demand_.pool->text + " cannot be read now";
    }
    if (demand_.tenant && round_.in.tenants[tenant()].pinned) {
      return demand_.tenant->text + " is pinned";
    }
    return {};
  }

  std::uint32_t tenant() const { return round_.tenant_index(*demand_.tenant); }

  bool is_met() const {
    if (demand_.direction == Direction::restore) return false;  // met when nothing is left to do
    return demand_.bytes > Bytes{} ? memory_.freed >= demand_.bytes : memory_.done;
  }

  bool is_late() const { return demand_.deadline != TimePoint{} && round_.now >= demand_.deadline; }

  bool is_under_way() const {
    return std::any_of(round_.state.flights.begin(), round_.state.flights.end(),
                       [&](const Flight& flight) { return flight.demand == demand_.id; });
  }

  std::string progress() const {
    std::string text;
    if (demand_.bytes > Bytes{}) {
      text = ": " + to_string(memory_.freed) + " of " + to_string(demand_.bytes) + " came back";
    }
    if (!memory_.trouble.empty()) text += " (" + memory_.trouble + ")";
    return text;
  }

  /// What finished steps of this demand promised and has not shown.
  Bytes awaited() const {
    Bytes sum;
    for (const Arrival& arrival : round_.state.arrivals) {
      if (arrival.demand == demand_.id && !arrival.charges && arrival.pool == memory_.pool) {
        sum += scaled(arrival.outstanding, std::min(arrival.trust, 1.0));
      }
    }
    return sum;
  }

  Want want(Bytes need, const DemandMemory& progressed) const {
    Want want{
        .need = need, .highest = demand_.highest, .demand = &demand_, .progress = &progressed};
    if (demand_.pool) want.pool = round_.pool_index(*demand_.pool);
    if (want.pool != kNowhere) want.level = round_.pools[want.pool].found->level;
    return want;
  }

  /// The step of a choice. Without a pool in the demand it is the one that the offer frees most in.
  Step step_of(const Want& wanted, const Choice& choice) const {
    Step step = giving_step(round_, wanted, choice);
    if (!step.pool.text.empty()) return step;
    Bytes most;
    for (const PoolChange& change : step.estimate) {
      if (change.delta >= most) continue;
      most = change.delta;
      step.pool = change.pool;
    }
    const std::uint32_t index = round_.pool_index(step.pool);
    if (index != kNowhere) step.level = round_.pools[index].found->level;
    return step;
  }

  void give() {
    const Bytes outstanding = awaited();
    const Bytes need =
        demand_.bytes > Bytes{} ? demand_.bytes - memory_.freed - outstanding : Bytes{};
    if (demand_.bytes > Bytes{} && need <= Bytes{}) return;
    const Want wanted = want(need, memory_);
    if (wanted.pool != kNowhere && round_.pools[wanted.pool].is_held_up()) return;
    const std::size_t told = round_.plan.declined.size();
    const Choice choice = choose(round_, wanted);
    if (!choice) {
      if (outstanding <= Bytes{} && !choice.more_soon) end_without_choice(told);
      return;
    }
    Step step = step_of(wanted, choice);
    const std::uint32_t index = round_.pool_index(step.pool);
    // Who names a tenant wants it moved, whatever else is on its way.
    if (!demand_.tenant && index != kNowhere && round_.pools[index].is_held_up()) return;
    if (memory_.pool.text.empty()) memory_.pool = step.pool;
    memory_.tried.emplace(step.tenant, step.action);
    round_.start(std::move(step));
  }

  void end_without_choice(std::size_t told) {
    if (demand_.tenant && demand_.bytes == Bytes{} && memory_.trouble.empty()) {
      const Taken* taken = costliest(round_.in.tenants[tenant()]);
      if (taken && taken->rung <= demand_.highest) return settle();  // moved already
    }
    std::string why =
        "nothing is left to take up to " + std::string(name(demand_.highest)) + progress();
    constexpr std::size_t kMostReasons = 3;
    const auto& declined = round_.plan.declined;
    for (std::size_t i = told; i < std::min(declined.size(), told + kMostReasons); ++i) {
      why += "; " + declined[i].tenant.text + ": " + declined[i].why;
    }
    refuse(std::move(why));
  }

  void restore() {
    bool is_left = false;
    std::string why;
    const TenantView* next = nullptr;
    for (const TenantView& view : restorable()) {
      is_left = true;
      if (view.in_flight) continue;
      const auto found = obstacle(round_, *costliest(*view.tenant));
      if (!found) {
        if (!next) next = &round_.tenants[round_.tenant_index(view.tenant->id)];
      } else if (why.empty()) {
        why = view.tenant->id.text + " " + words(*found);
      }
    }
    if (!is_left && memory_.failed.empty()) return settle();
    if (!is_left) return refuse("giving back failed: " + memory_.trouble);
    if (is_restoring(round_.state)) return;
    if (!next) {
      if (!why.empty()) refuse(std::move(why));
      return;  // a measure is under way on it
    }
    const std::uint32_t index = round_.tenant_index(next->tenant->id);
    TenantMemory& memory = round_.remember(index);
    memory.kept_away = false;
    memory.left_alone_until = std::nullopt;
    round_.start(restore_step(*next->tenant));
  }

  Step restore_step(const Tenant& tenant_to_restore) const {
    Step step =
        restoring_step(round_, tenant_to_restore, *costliest(tenant_to_restore), words(demand_));
    step.demand = demand_.id;
    return step;
  }

  /// Those it concerns that something was taken from, the dearest first.
  std::vector<TenantView> restorable() const {
    std::vector<TenantView> views;
    for (const TenantView& view : round_.tenants) {
      if (demand_.tenant && view.tenant->id != *demand_.tenant) continue;
      if (!concerns(demand_, *view.tenant) || memory_.failed.contains(view.tenant->id)) continue;
      if (costliest(*view.tenant)) views.push_back(view);
    }
    std::stable_sort(views.begin(), views.end(), [](const TenantView& a, const TenantView& b) {
      const Rung x = costliest(*a.tenant)->rung;
      const Rung y = costliest(*b.tenant)->rung;
      return x != y ? x > y : a.tenant->priority > b.tenant->priority;
    });
    return views;
  }

  void predict_gives() {
    const auto pools = round_.pools;
    const auto tenants = round_.tenants;
    DemandMemory progressed = memory_;
    Bytes given;
    for (int i = 0; i < kMostPredicted; ++i) {
      if (demand_.bytes > Bytes{} ? given >= demand_.bytes : progressed.done) break;
      const Want wanted = want(demand_.bytes - given, progressed);
      const auto told = round_.plan.declined.size();
      const Choice choice = choose(round_, wanted);
      if (i > 0) round_.plan.declined.resize(std::min(told, round_.plan.declined.size()));
      if (!choice) break;
      Step step = step_of(wanted, choice);
      given += choice.gives;
      progressed.done = true;
      progressed.tried.emplace(step.tenant, step.action);
      round_.predict(std::move(step));
      // One after another, so nothing is in the way; what left the pool cannot leave it twice.
      if (choice.offer->offer->rung == Rung::trim)
        round_.tenants[choice.offer->tenant].in_flight = false;
    }
    round_.pools = pools;
    round_.tenants = tenants;
    const bool is_enough = demand_.bytes > Bytes{} ? given >= demand_.bytes : progressed.done;
    if (is_enough) return settle();
    refuse("only " + to_string(given) + " of " + to_string(demand_.bytes) +
           " could come back up to " + std::string(name(demand_.highest)));
  }

  void predict_restores() {
    const auto pools = round_.pools;
    const auto tenants = round_.tenants;
    std::string why;
    for (const TenantView& view : restorable()) {
      const auto found = obstacle(round_, *costliest(*view.tenant));
      if (!found) {
        round_.predict(restore_step(*view.tenant));
      } else if (why.empty()) {
        why = view.tenant->id.text + " " + words(*found);
      }
    }
    round_.pools = pools;
    round_.tenants = tenants;
    if (why.empty()) return settle();
    refuse(std::move(why));
  }

  Round& round_;
  const Demand& demand_;
  DemandMemory& memory_;
};

}  // namespace

void serve(Round& round) {
  std::vector<const Demand*> order;
  for (const Demand& demand : round.in.demands) order.push_back(&demand);
  std::sort(order.begin(), order.end(),
            [](const Demand* a, const Demand* b) { return a->id < b->id; });
  for (const Demand* demand : order) Server(round, *demand).serve();
}

}  // namespace spillway
