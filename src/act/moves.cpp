#include "act/moves.h"

#include <algorithm>

namespace spillway {
namespace {

constexpr double kGuessedCaches = 1.0 / 16;
constexpr double kGuessedShrink = 1.0 / 8;

bool is_place(const Variant& variant) { return variant.name == "cpu" || variant.name == "disk"; }

/// Memory of its own beside RAM. Swap and cgroup figures are RAM seen from another side.
bool is_device(const PoolId& pool) {
  const PoolKind kind = pool.kind();
  return kind == PoolKind::vram || kind == PoolKind::injected;
}

bool frees(const std::vector<PoolChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const PoolChange& c) { return c.delta < Bytes{}; });
}

std::optional<Move> if_it_frees(std::vector<PoolChange> changes, std::string detail, bool sure) {
  if (!frees(changes)) return std::nullopt;
  return Move{std::move(changes), std::move(detail), sure};
}

std::vector<PoolChange> share_of(const std::vector<PoolChange>& bytes, double share) {
  std::vector<PoolChange> given;
  for (const PoolChange& held : bytes) given.push_back({held.pool, -scaled(held.delta, share)});
  return difference({}, given);
}

std::optional<Move> trim(const Tenant& tenant) {
  const auto& held = current_bytes(tenant);
  if (!tenant.trimmable) return if_it_frees(share_of(held, kGuessedCaches), {}, false);
  const auto most =
      std::max_element(held.begin(), held.end(),
                       [](const PoolChange& a, const PoolChange& b) { return a.delta < b.delta; });
  return if_it_frees({{most == held.end() ? kRam : most->pool, -*tenant.trimmable}}, {}, true);
}

std::optional<Move> shrink(const Tenant& tenant) {
  const auto& held = current_bytes(tenant);
  if (tenant.variants.empty()) {
    if (is_taken(tenant, Rung::shrink)) return std::nullopt;
    return if_it_frees(share_of(held, kGuessedShrink), {}, false);
  }
  auto next = std::find_if(tenant.variants.begin(), tenant.variants.end(),
                           [&](const Variant& v) { return v.name == tenant.variant; });
  if (next == tenant.variants.end()) next = tenant.variants.begin();
  for (++next; next != tenant.variants.end(); ++next) {
    if (is_place(*next)) continue;
    if (auto move = if_it_frees(difference(held, next->bytes), next->name, true)) return move;
  }
  return std::nullopt;
}

std::optional<Move> offload(const Tenant& tenant) {
  const auto& held = current_bytes(tenant);
  const auto place = std::find_if(tenant.variants.rbegin(), tenant.variants.rend(), is_place);
  if (place != tenant.variants.rend()) {
    return if_it_frees(difference(held, place->bytes), place->name, true);
  }
  std::vector<PoolChange> moved = held;
  for (PoolChange& part : moved) {
    if (is_device(part.pool)) part.pool = kRam;
  }
  if (auto move = if_it_frees(difference(held, moved), "cpu", true)) return move;
  if (tenant.variants.empty() || tenant.variants.back().name == tenant.variant) return std::nullopt;
  const Variant& smallest = tenant.variants.back();
  return if_it_frees(difference(held, smallest.bytes), smallest.name, true);
}

std::optional<Move> unload(const Tenant& tenant) {
  if (tenant.busy) return std::nullopt;
  return if_it_frees(difference(current_bytes(tenant), {}), {}, true);
}

}  // namespace

const std::vector<PoolChange>& current_bytes(const Tenant& tenant) {
  static const std::vector<PoolChange> nothing;
  if (is_taken(tenant, Rung::unload_idle)) return nothing;
  const auto in_use = std::find_if(tenant.variants.begin(), tenant.variants.end(),
                                   [&](const Variant& v) { return v.name == tenant.variant; });
  if (in_use != tenant.variants.end()) return in_use->bytes;
  if (tenant.holds.empty() && !tenant.variants.empty()) return tenant.variants.front().bytes;
  return tenant.holds;
}

std::vector<PoolChange> difference(const std::vector<PoolChange>& from,
                                   const std::vector<PoolChange>& to) {
  // A handful of pools at most: searching beats a map, and offers are made by the thousand.
  std::vector<PoolChange> changes;
  changes.reserve(from.size() + to.size());
  const auto sum_of = [&](const PoolId& pool) -> Bytes& {
    for (PoolChange& change : changes) {
      if (change.pool == pool) return change.delta;
    }
    return changes.emplace_back(PoolChange{pool, {}}).delta;
  };
  for (const PoolChange& part : from) sum_of(part.pool) -= part.delta;
  for (const PoolChange& part : to) sum_of(part.pool) += part.delta;
  std::erase_if(changes, [](const PoolChange& change) { return change.delta == Bytes{}; });
  std::sort(changes.begin(), changes.end(),
            [](const PoolChange& a, const PoolChange& b) { return a.pool < b.pool; });
  return changes;
}

std::optional<Move> move_of(Rung rung, const Tenant& tenant) {
  if (is_taken(tenant, Rung::unload_idle) || is_taken(tenant, Rung::freeze)) return std::nullopt;
  const bool away = is_taken(tenant, Rung::offload);
  const Abilities& can = tenant.abilities;
  switch (rung) {
    case Rung::trim: return can.trim ? trim(tenant) : std::nullopt;
    case Rung::shrink: return can.shrink && !away ? shrink(tenant) : std::nullopt;
    case Rung::offload: return can.offload && !away ? offload(tenant) : std::nullopt;
    case Rung::unload_idle: return can.unload ? unload(tenant) : std::nullopt;
    default: return std::nullopt;
  }
}

std::string place_before(const Tenant& tenant, Rung rung) {
  const auto moves = [](const Taken& taken) {
    return taken.rung == Rung::shrink || taken.rung == Rung::offload ||
           taken.rung == Rung::unload_idle;
  };
  std::string place = tenant.variants.empty() ? std::string() : tenant.variants.front().name;
  std::string before = place;
  for (const Taken& taken : tenant.taken) {
    if (!moves(taken)) continue;
    if (taken.rung == rung) before = place;
    if (!taken.detail.empty()) place = taken.detail;
  }
  return before;
}

bool is_taken(const Tenant& tenant, Rung rung) {
  return std::any_of(tenant.taken.begin(), tenant.taken.end(),
                     [&](const Taken& taken) { return taken.rung == rung; });
}

}  // namespace spillway
