#include "model/snapshot.h"

#include <algorithm>

namespace spillway {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

template <class T>
void keep(std::optional<T>& into, const std::optional<T>& from) {
  if (!into) into = from;
}

/// Several sensors fill disjoint fields of one record (meminfo, zram, the ZFS ARC).
void merge(MemoryDetail& into, const MemoryDetail& from) {
  keep(into.free, from.free);
  keep(into.available, from.available);
  keep(into.anon, from.anon);
  keep(into.cached, from.cached);
  keep(into.buffers, from.buffers);
  keep(into.reclaimable_slab, from.reclaimable_slab);
  keep(into.shmem, from.shmem);
  keep(into.dirty, from.dirty);
  keep(into.unevictable, from.unevictable);
  keep(into.zfs_reclaimable, from.zfs_reclaimable);
  keep(into.zram_data, from.zram_data);
  keep(into.zram_physical, from.zram_physical);
}

constexpr auto kByPool = [](const PoolReading& a, const PoolReading& b) { return a.pool < b.pool; };

}  // namespace

const PoolReading* Snapshot::find(const PoolId& pool) const {
  const auto found =
      std::lower_bound(pools.begin(), pools.end(), pool,
                       [](const PoolReading& r, const PoolId& p) { return r.pool < p; });
  return found != pools.end() && found->pool == pool ? &*found : nullptr;
}

bool Snapshot::faulty(std::string_view sensor) const {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const Fault& fault) { return fault.sensor == sensor; });
}

Snapshot make_snapshot(TimePoint at, WallTime wall, std::vector<Reading> readings,
                       std::vector<Fault> faults) {
  Snapshot snapshot;
  snapshot.at = at;
  snapshot.wall = wall;
  snapshot.faults = std::move(faults);
  for (Reading& reading : readings) {
    std::visit(Overloaded{
                   [&](PoolReading& r) { snapshot.pools.push_back(std::move(r)); },
                   [&](StallReading& r) { snapshot.stalls.push_back(std::move(r)); },
                   [&](VmCounters& r) { snapshot.vm = r; },
                   [&](MemoryDetail& r) { merge(snapshot.memory, r); },
                   [&](ProcessReading& r) { snapshot.processes.push_back(std::move(r)); },
                   [&](DeviceUse& r) { snapshot.device_uses.push_back(std::move(r)); },
                   [&](KernelEvent& r) { snapshot.events.push_back(std::move(r)); },
                   [&](Fault& r) { snapshot.faults.push_back(std::move(r)); },
               },
               reading);
  }
  if (!std::is_sorted(snapshot.pools.begin(), snapshot.pools.end(), kByPool)) {
    std::stable_sort(snapshot.pools.begin(), snapshot.pools.end(), kByPool);
  }
  const auto same = [](const PoolReading& a, const PoolReading& b) { return a.pool == b.pool; };
  snapshot.pools.erase(std::unique(snapshot.pools.begin(), snapshot.pools.end(), same),
                       snapshot.pools.end());
  return snapshot;
}

}  // namespace spillway
