#include "decide/victims.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <tuple>

#include "decide/refusal.h"

namespace spillway {
namespace {

constexpr double kUntrusted = 0.25;  // gave less than a quarter of what it promised
constexpr double kCrumb = 1.0 / 32;

/// A person who says "offload that one" wants it moved, not trimmed.
constexpr std::array kMoveOrder{Rung::offload, Rung::unload_idle, Rung::shrink, Rung::spill,
                                Rung::evict,   Rung::reclaim,     Rung::trim};

int rung_order(const Want& want, Rung rung) {
  const int by_cost = static_cast<int>(rung);
  if (!want.demand || !want.demand->tenant) return by_cost;
  const auto found = std::find(kMoveOrder.begin(), kMoveOrder.end(), rung);
  return found == kMoveOrder.end() ? static_cast<int>(kMoveOrder.size()) + by_cost
                                   : static_cast<int>(found - kMoveOrder.begin());
}

/// 0 in the first second, then one more for each doubling; busy is below all.
int idle_class(const Tenant& tenant, TimePoint now) {
  if (tenant.busy) return -1;
  const Duration idle = now - tenant.last_used.value_or(tenant.registered);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(idle).count();
  return static_cast<int>(
      std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(0, whole))));
}

struct Candidate {
  const OfferView* view = nullptr;
  Bytes gives;
  Bytes size;  // what it is weighed by: a freeze gives nothing and stops the biggest first
  bool is_crumb = false;
  int rung = 0;
  bool is_untrusted = false;
  int priority = 0;
  int idle = 0;
};

bool by_name(const Offer& a, const Offer& b) {
  return std::tie(a.tenant, a.action, a.detail) < std::tie(b.tenant, b.action, b.detail);
}

bool is_better(const Candidate& a, const Candidate& b, Bytes need) {
  if (a.is_crumb != b.is_crumb) return b.is_crumb;
  if (a.rung != b.rung) return a.rung < b.rung;
  if (a.is_untrusted != b.is_untrusted) return b.is_untrusted;
  if (a.priority != b.priority) return a.priority < b.priority;
  if (a.idle != b.idle) return a.idle > b.idle;
  const bool a_covers = need > Bytes{} && a.gives >= need;
  const bool b_covers = need > Bytes{} && b.gives >= need;
  if (a_covers != b_covers) return a_covers;
  if (a.size != b.size) return a_covers ? a.size < b.size : a.size > b.size;
  const Offer& x = *a.view->offer;
  const Offer& y = *b.view->offer;
  if (x.sure != y.sure) return x.sure;
  const Duration x_cost = x.cost_give + x.cost_restore;
  const Duration y_cost = y.cost_give + y.cost_restore;
  if (x_cost != y_cost) return x_cost < y_cost;
  return by_name(x, y);
}

/// What the offer gives where it is wanted, as it claims; none when it has nothing to do with that
/// pool. Zero: it may give something and cannot say how much (a trim, a freeze).
std::optional<Bytes> claimed(const Round& round, const Want& want, const OfferView& view) {
  Bytes gives;
  bool concerns = false;
  for (const ChangeView& change : round.changes(view)) {
    if (want.pool == kNowhere ? change.delta > Bytes{} : change.pool != want.pool) continue;
    gives -= change.delta;
    concerns = true;
  }
  const Tenant& tenant = *round.tenants[view.tenant].tenant;
  if (view.offer->rung == Rung::freeze && want.pool != kNowhere) {
    concerns |= tenant.held_in(round.pools[want.pool].found->pool) > Bytes{};
  }
  const bool may_be_vague = view.offer->rung == Rung::trim || view.offer->rung == Rung::freeze ||
                            (want.demand && want.demand->tenant && want.need == Bytes{});
  if (!concerns || gives < Bytes{} || (gives == Bytes{} && !may_be_vague)) return std::nullopt;
  return gives;
}

/// What is waited for within seconds; until then nothing is said to be exhausted.
bool is_soon_over(Refusal::Why why) {
  return why == Refusal::Why::under_way || why == Refusal::Why::awaited ||
         why == Refusal::Why::preserve_first;
}

/// The refused offers that will be named: the first by kind and name, whatever order they come in.
class Refused {
 public:
  void add(const OfferView& view, const Refusal& why) {
    const Entry entry{&view, why};
    if (first_.size() == kMostDeclined && !before(entry, first_.front())) return;
    if (first_.size() == kMostDeclined) {
      std::pop_heap(first_.begin(), first_.end(), before);
      first_.pop_back();
    }
    first_.push_back(entry);
    std::push_heap(first_.begin(), first_.end(), before);
  }

  void tell(Round& round, const Want& want) {
    std::sort_heap(first_.begin(), first_.end(), before);
    for (const Entry& entry : first_) {
      if (round.plan.declined.size() >= kMostDeclined) return;
      const Offer& offer = *entry.view->offer;
      const PoolId pool = want.pool == kNowhere ? PoolId{} : round.pools[want.pool].found->pool;
      round.decline(pool, offer.tenant, offer.rung, words(entry.why, round, want, *entry.view));
    }
  }

 private:
  struct Entry {
    const OfferView* view;
    Refusal why;
  };
  static bool before(const Entry& a, const Entry& b) {
    const bool a_high = a.why.why == Refusal::Why::rung_too_high;  // the least surprising: last
    const bool b_high = b.why.why == Refusal::Why::rung_too_high;
    if (a_high != b_high) return b_high;
    if (a.view->tenant != b.view->tenant) return a.view->tenant < b.view->tenant;
    if (a.view->offer->rung != b.view->offer->rung)
      return a.view->offer->rung < b.view->offer->rung;
    return by_name(*a.view->offer, *b.view->offer);
  }

  std::vector<Entry> first_;  // a heap, the last of them on top
};

}  // namespace

Choice choose(Round& round, const Want& want) {
  std::optional<Candidate> best;
  Refused refused;
  bool more_soon = false;
  for (const OfferView& view : round.offers) {
    const Rung rung = view.offer->rung;
    if (rung == Rung::notify || rung == Rung::preserve || rung == Rung::refuse) continue;
    const TenantView& tenant = round.tenants[view.tenant];
    if (want.demand && want.demand->tenant && *want.demand->tenant != tenant.tenant->id) continue;
    const std::optional<Bytes> gives = claimed(round, want, view);
    if (!gives) continue;
    if (const auto why = refusal(round, want, view)) {
      refused.add(view, *why);
      more_soon |= is_soon_over(why->why);
      continue;
    }
    const double trust = round.trust(view);
    Candidate candidate{.view = &view, .gives = scaled(*gives, trust)};
    candidate.is_crumb = want.level >= Level::emergency && *gives > Bytes{} &&
                         candidate.gives < scaled(want.need, kCrumb);
    candidate.size = candidate.gives;
    if (rung == Rung::freeze && want.pool != kNowhere) {
      candidate.size =
          std::max(candidate.size, tenant.tenant->held_in(round.pools[want.pool].found->pool));
    }
    candidate.rung = rung_order(want, rung);
    candidate.is_untrusted = trust < kUntrusted;
    candidate.priority = tenant.tenant->priority;
    candidate.idle = idle_class(*tenant.tenant, round.now);
    if (!best || is_better(candidate, *best, want.need)) best = candidate;
  }
  refused.tell(round, want);
  if (!best) return {.more_soon = more_soon};
  return {best->view, best->gives, more_soon};
}

}  // namespace spillway
