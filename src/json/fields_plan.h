#pragma once

#include <string>
#include <utility>

#include "json/fields_snapshot.h"
#include "model/assessment.h"
#include "model/plan.h"
#include "model/tenant.h"

// Descriptions of what is thought and done, for FieldWriter and FieldReader.

namespace spillway {

template <class V>
void fields(V& v, typename V::template Ref<PoolAssessment> x) {
  v.must("pool", x.pool);
  v("level", x.level);
  v("since_ns", x.since);
  v("cause", x.cause);
  v("used_bytes", x.used);
  v("total_bytes", x.total);
  v("free_bytes", x.free);
  v("used_ratio", x.share);
  v("growth_bytes_per_second", x.growth);
  v("full_in_ns", x.full_in);
  v("unknown_since_ns", x.unknown_since);
  v("excess_bytes", x.excess);
  v("room_bytes", x.room);
  v("to_next_bytes", x.to_next);
  v("relaxed", x.relaxed);
  v("shape", x.shape);
  v("evidence", x.evidence);
}

template <class V>
void fields(V& v, typename V::template Ref<Assessment> x) {
  v("at_ns", x.at);
  v("level", x.level);
  v("pools", x.pools);
}

template <class V>
void fields(V& v, typename V::template Ref<PoolChange> x) {
  v.must("pool", x.pool);
  v.must("delta_bytes", x.delta);
}

template <class V>
void fields(V& v, typename V::template Ref<Variant> x) {
  v.must("name", x.name);
  v("holds", x.bytes);
}

template <class V>
void fields(V& v, typename V::template Ref<Abilities> x) {
  v("trim", x.trim);
  v("shrink", x.shrink);
  v("offload", x.offload);
  v("unload", x.unload);
  v("restore", x.restore);
  v("preserve", x.preserve);
}

template <class V>
void fields(V& v, typename V::template Ref<Taken> x) {
  v.must("rung", x.rung);
  v("action", x.action);
  v("detail", x.detail);
  v("changes", x.changes);
  v("since_ns", x.since);
}

template <class V>
void fields(V& v, typename V::template Ref<Tenant> x) {
  v.must("id", x.id);
  v("priority", x.priority);
  v("pinned", x.pinned);
  v("stop_allowed", x.stop_allowed);
  v("uid", x.uid);
  v("process", x.process);
  v("cgroup", x.cgroup);
  v("group", x.group);
  v("abilities", x.abilities);
  v("variants", x.variants);
  v("variant", x.variant);
  v("holds", x.holds);
  v("peaks", x.peaks);
  v("trimmable_bytes", x.trimmable);
  v("last_used_ns", x.last_used);
  v("busy", x.busy);
  v("connected", x.connected);
  v("registered_ns", x.registered);
  v("taken", x.taken);
}

template <class V>
void fields(V& v, typename V::template Ref<Offer> x) {
  v.must("tenant", x.tenant);
  v.must("action", x.action);
  v.must("rung", x.rung);
  v("changes", x.changes);
  v("cost_give_ns", x.cost_give);
  v("cost_restore_ns", x.cost_restore);
  v("deadline_ns", x.deadline);
  v("sure", x.sure);
  v("detail", x.detail);
}

template <class V>
void fields(V& v, typename V::template Ref<Demand> x) {
  v("id", x.id);
  v("direction", x.direction);
  v("pool", x.pool);
  v("wanted_bytes", x.bytes);
  v("tenant", x.tenant);
  v("asker", x.asker);
  v("highest", x.highest);
  v("dry_run", x.dry_run);
  v("deadline_ns", x.deadline);
  v("reason", x.reason);
  v("only_uid", x.only_uid);
}

template <class V>
void fields(V& v, typename V::template Ref<Step> x) {
  v.must("id", x.id);
  v("direction", x.direction);
  v.must("rung", x.rung);
  v("action", x.action);
  v("tenant", x.tenant);
  v("pool", x.pool);
  v("level", x.level);
  v("used_bytes", x.used);
  v("total_bytes", x.total);
  v("target_bytes", x.target);
  v("estimate", x.estimate);
  v("deadline_ns", x.deadline);
  v("demand", x.demand);
  v("detail", x.detail);
  v("reason", x.reason);
}

template <class V>
void fields(V& v, typename V::template Ref<Declined> x) {
  v("pool", x.pool);
  v("tenant", x.tenant);
  v("rung", x.rung);
  v("why", x.why);
}

/// A refused demand.
template <class V>
void fields(V& v, typename V::template Ref<std::pair<std::uint64_t, std::string>> x) {
  v.must("demand", x.first);
  v("why", x.second);
}

template <class V>
void fields(V& v, typename V::template Ref<Plan> x) {
  v("at_ns", x.at);
  v("steps", x.steps);
  v("declined", x.declined);
  v("settled", x.settled);
  v("refused", x.refused);
}

template <class V>
void fields(V& v, typename V::template Ref<Outcome> x) {
  v.must("step", x.step);
  v("status", x.status);
  v("claimed", x.claimed);
  v("measured", x.measured);
  v("took_ns", x.took);
  v("pause_ns", x.pause);
  v("detail", x.detail);
  v("error", x.error);
}

}  // namespace spillway
