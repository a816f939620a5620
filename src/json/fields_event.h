#pragma once

#include "json/fields_plan.h"
#include "json/fields_policy.h"
#include "model/event.h"

// Descriptions of the events, for FieldWriter and FieldReader; codec_event.cpp adds "kind".

namespace spillway {

template <class V>
void fields(V& v, typename V::template Ref<Frame> x) {
  v("number", x.number);
  v("snapshot", x.snapshot);
  v("tenants", x.tenants);
  v("offers", x.offers);
  v("demands", x.demands);
  v("assessment", x.assessment);
  v("plan", x.plan);
}

template <class V>
void fields(V& v, typename V::template Ref<StepStarted> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v.must("step", x.step);
}

template <class V>
void fields(V& v, typename V::template Ref<StepEnded> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v.must("step", x.step);
  v.must("outcome", x.outcome);
}

template <class V>
void fields(V& v, typename V::template Ref<LevelChanged> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v.must("from", x.from);
  v.must("now", x.now);
}

template <class V>
void fields(V& v, typename V::template Ref<TenantChanged> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v.must("what", x.what);
  v.must("tenant", x.tenant);
  v("reason", x.reason);
}

template <class V>
void fields(V& v, typename V::template Ref<PolicyChanged> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v.must("policy", x.policy);
}

template <class V>
void fields(V& v, typename V::template Ref<Note> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v("text", x.text);
}

}  // namespace spillway
