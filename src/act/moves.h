#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tenant.h"

namespace spillway {

/// What one verb would change for a tenant, computed from what it declared at registration.
struct Move {
  std::vector<PoolChange> changes;  // ascending by pool, no zeros, frees something
  std::string detail;               // the variant or place it goes to; empty: the program's choice
  bool sure = true;
};

/// Bytes held now: those of the variant in use, else the holdings.
const std::vector<PoolChange>& current_bytes(const Tenant& tenant);

/// to - from, per pool.
std::vector<PoolChange> difference(const std::vector<PoolChange>& from,
                                   const std::vector<PoolChange>& to);

/// A rung of the callback kind applied to a tenant; nullopt when it cannot give anything that way
/// now. Pure.
///  - trim: the caches it says it could drop, in the pool where it holds most; a sixteenth of its
///    holdings, as a guess, when it never said.
///  - shrink: the next smaller variant that is not a place ("cpu", "disk"); a program without
///    variants may shrink its own way once, guessed at an eighth.
///  - offload: its last variant called "cpu" or "disk"; else what it holds on devices moves to RAM;
///    else (all in RAM) its smallest variant.
///  - unload_idle: all it holds, unless a request is running. How long it must have been idle is
///    for decide to say.
std::optional<Move> move_of(Rung rung, const Tenant& tenant);

/// Where the latest measure of this rung took the tenant from: the way back leads there.
std::string place_before(const Tenant& tenant, Rung rung);

/// Whether a measure of this rung is in force.
bool is_taken(const Tenant& tenant, Rung rung);

}  // namespace spillway
