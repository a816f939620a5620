#pragma once

#include "model/snapshot.h"

// Descriptions of the readings, for FieldWriter and FieldReader; see codec.h for the naming.

namespace spillway {

template <class V>
void fields(V& v, typename V::template Ref<ProcessKey> x) {
  v.must("pid", x.pid);
  v("start_ticks", x.start_ticks);
}

template <class V>
void fields(V& v, typename V::template Ref<Error> x) {
  v("code", x.code);
  v("what", x.what);
  v("where", x.where);
  v("hint", x.hint);
}

template <class V>
void fields(V& v, typename V::template Ref<PoolReading> x) {
  v.must("pool", x.pool);
  v("used_bytes", x.used);
  v("total_bytes", x.total);
  v("reserved_bytes", x.reserved);
  v("cache_bytes", x.cache);
  v("swapped_bytes", x.swapped);
  v("source", x.source);
  v("taken_ns", x.taken);
}

template <class V>
void fields(V& v, typename V::template Ref<StallReading> x) {
  v.must("resource", x.resource);
  v("scope", x.scope);
  v("some_ns", x.some);
  v("full_ns", x.full);
  v("taken_ns", x.taken);
}

template <class V>
void fields(V& v, typename V::template Ref<VmCounters> x) {
  v("refault_anon", x.refault_anon);
  v("refault_file", x.refault_file);
  v("pgscan_direct", x.pgscan_direct);
  v("pgscan_kswapd", x.pgscan_kswapd);
  v("pgsteal", x.pgsteal);
  v("pswpin", x.pswpin);
  v("pswpout", x.pswpout);
  v("oom_kill", x.oom_kill);
  v("taken_ns", x.taken);
}

template <class V>
void fields(V& v, typename V::template Ref<MemoryDetail> x) {
  v("free_bytes", x.free);
  v("available_bytes", x.available);
  v("anon_bytes", x.anon);
  v("cached_bytes", x.cached);
  v("buffers_bytes", x.buffers);
  v("reclaimable_slab_bytes", x.reclaimable_slab);
  v("shmem_bytes", x.shmem);
  v("dirty_bytes", x.dirty);
  v("unevictable_bytes", x.unevictable);
  v("zfs_reclaimable_bytes", x.zfs_reclaimable);
  v("zram_data_bytes", x.zram_data);
  v("zram_physical_bytes", x.zram_physical);
}

template <class V>
void fields(V& v, typename V::template Ref<ProcessReading> x) {
  v.must("key", x.key);
  v("uid", x.uid);
  v("name", x.name);
  v("cgroup", x.cgroup);
  v("rss_bytes", x.rss);
  v("pss_bytes", x.pss);
  v("swap_bytes", x.swap);
  v("oom_score_adj", x.oom_score_adj);
}

template <class V>
void fields(V& v, typename V::template Ref<DeviceUse> x) {
  v.must("pool", x.pool);
  v.must("pid", x.pid);
  v("used_bytes", x.bytes);
  v("evicted_bytes", x.evicted);
}

template <class V>
void fields(V& v, typename V::template Ref<KernelEvent> x) {
  v.must("event", x.kind);
  v("pool", x.pool);
  v("pid", x.pid);
  v("text", x.text);
  v("at_ns", x.at);
}

template <class V>
void fields(V& v, typename V::template Ref<Fault> x) {
  v.must("sensor", x.sensor);
  v("error", x.error);
}

template <class V>
void fields(V& v, typename V::template Ref<Snapshot> x) {
  v("at_ns", x.at);
  v("time", x.wall);
  v("pools", x.pools);
  v("stalls", x.stalls);
  v("vm", x.vm);
  v("memory", x.memory);
  v("processes", x.processes);
  v("device_uses", x.device_uses);
  v("events", x.events);
  v("faults", x.faults);
}

}  // namespace spillway
