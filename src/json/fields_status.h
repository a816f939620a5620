#pragma once

#include "json/fields_plan.h"
#include "model/status.h"

// Description of the status report as the daemon and its clients exchange it, for FieldWriter and
// FieldReader. What people get is status_json.h.

namespace spillway {

template <class V>
void fields(V& v, typename V::template Ref<Capability> x) {
  v.must("name", x.name);
  v("available", x.available);
  v("reason", x.reason);
}

template <class V>
void fields(V& v, typename V::template Ref<PoolStatus> x) {
  v.must("assessment", x.assessment);
  v("reserved_bytes", x.reserved);
  v("cache_bytes", x.cache);
  v("source", x.source);
  v("age_ns", x.age);
}

template <class V>
void fields(V& v, typename V::template Ref<StallStatus> x) {
  v.must("resource", x.resource);
  v("scope", x.scope);
  v("some_ratio", x.some);
  v("full_ratio", x.full);
}

template <class V>
void fields(V& v, typename V::template Ref<Counters> x) {
  v("looks", x.looks);
  v("steps", x.steps);
  v("steps_failed", x.steps_failed);
  v("restores", x.restores);
  v("kills", x.kills);
  v("given_back_bytes", x.given_back);
  v("restored_bytes", x.restored);
  v("kernel_oom_kills", x.kernel_oom_kills);
}

template <class V>
void fields(V& v, typename V::template Ref<StatusReport> x) {
  v("source", x.source);
  v("version", x.version);
  v("time", x.at);
  v("now_ns", x.now);
  v("uptime_ns", x.uptime);
  v("level", x.level);
  v("pools", x.pools);
  v("stalls", x.stalls);
  v("memory", x.memory);
  v("tenants", x.tenants);
  v("owners", x.owners);
  v("device_uses", x.device_uses);
  v("capabilities", x.capabilities);
  v("faults", x.faults);
  v("running", x.running);
  v("counters", x.counters);
  v("dry_run", x.dry_run);
}

}  // namespace spillway
