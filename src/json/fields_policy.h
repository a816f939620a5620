#pragma once

#include <string>
#include <utility>

#include "model/policy.h"

// Description of the policy, for FieldWriter and FieldReader.

namespace spillway {

template <class V>
void fields(V& v, typename V::template Ref<LevelRule> x) {
  v("enter", x.enter);
  v("exit", x.exit);
  v("min_hold_ns", x.min_hold);
  v("free_below_bytes", x.free_below);
}

template <class V>
void fields(V& v, typename V::template Ref<std::array<LevelRule, kLevels.size()>> x) {
  for (const Level level : kLevels) {
    if (level != Level::normal) v(name(level).data(), x[index(level)]);
  }
}

template <class V>
void fields(V& v, typename V::template Ref<StallRule> x) {
  v("some_warning", x.some_warning);
  v("full_critical", x.full_critical);
  v("full_emergency", x.full_emergency);
  v("window_ns", x.window);
}

template <class V>
void fields(V& v, typename V::template Ref<PoolPolicy> x) {
  v("levels", x.levels);
  v("margin", x.margin);
  v("restore_below", x.restore_below);
  v("warn_when_full_within_ns", x.warn_when_full_within);
  v("stall", x.stall);
  v("worst_rate_bytes_per_second", x.worst_rate);
  v("stale_after_ns", x.stale_after);
}

/// The policy of the pools that match a pattern.
template <class V>
void fields(V& v, typename V::template Ref<std::pair<std::string, PoolPolicy>> x) {
  v.must("pattern", x.first);
  v.must("policy", x.second);
}

template <class V>
void fields(V& v, typename V::template Ref<std::array<Rung, kLevels.size()>> x) {
  for (const Level level : kLevels) v(name(level).data(), x[index(level)]);
}

template <class V>
void fields(V& v, typename V::template Ref<LadderPolicy> x) {
  v("highest", x.highest);
  v("trims_at_warning", x.trims_at_warning);
  v("trims_at_critical", x.trims_at_critical);
  v("step_deadline_ns", x.step_deadline);
  v("preserve_deadline_ns", x.preserve_deadline);
  v("arrival_wait_ns", x.arrival_wait);
  v("settle_ns", x.settle);
  v("idle_after_ns", x.idle_after);
  v("quarantine_ns", x.quarantine);
  v("allow_stop", x.allow_stop);
  v("allow_freeze", x.allow_freeze);
}

template <class V>
void fields(V& v, typename V::template Ref<RestorePolicy> x) {
  v("enabled", x.enabled);
  v("calm_ns", x.calm);
  v("between_ns", x.between);
  v("min_away_ns", x.min_away);
  v("min_residency_ns", x.min_residency);
  v("thrash_limit", x.thrash_limit);
  v("thrash_window_ns", x.thrash_window);
  v("thrash_pause_ns", x.thrash_pause);
}

template <class V>
void fields(V& v, typename V::template Ref<CadencePolicy> x) {
  v("shortest_ns", x.shortest);
  v("longest_ns", x.longest);
  v("after_event_ns", x.after_event);
  v("event_window_ns", x.event_window);
}

template <class V>
void fields(V& v, typename V::template Ref<Policy> x) {
  v("defaults", x.defaults);
  v.must("pools", x.pools);
  v("ladder", x.ladder);
  v("restore", x.restore);
  v("cadence", x.cadence);
  v("dry_run", x.dry_run);
}

}  // namespace spillway
