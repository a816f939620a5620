#include "engine/groups.h"

#include <algorithm>

namespace spillway {
namespace {

constexpr std::string_view kPrefix = "cgroup:";

bool lies_in(std::string_view group, std::string_view outer) {
  if (outer == "/") return true;
  return group.starts_with(outer) && (group.size() == outer.size() || group[outer.size()] == '/');
}

}  // namespace

std::vector<PoolId> pools_around(std::string_view group, const Snapshot& snapshot) {
  std::vector<PoolId> around;
  if (group.empty()) return around;
  for (const PoolReading& reading : snapshot.pools) {
    const std::string_view pool = reading.pool.text;
    if (pool.starts_with(kPrefix) && lies_in(group, pool.substr(kPrefix.size()))) {
      around.push_back(reading.pool);
    }
  }
  return around;
}

void charge(std::vector<PoolChange>& changes, const std::vector<PoolId>& around) {
  Bytes ram;
  for (const PoolChange& change : changes) {
    if (change.pool == kRam) ram += change.delta;
  }
  if (around.empty() || ram == Bytes{}) return;
  std::erase_if(changes, [&](const PoolChange& change) {
    return std::find(around.begin(), around.end(), change.pool) != around.end();
  });
  for (const PoolId& pool : around) changes.push_back({pool, ram});
}

void charge(Tenant& tenant, const std::vector<PoolId>& around) {
  charge(tenant.holds, around);
  for (Variant& variant : tenant.variants) charge(variant.bytes, around);
}

}  // namespace spillway
