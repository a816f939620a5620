#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/level.h"
#include "model/pool.h"
#include "model/rung.h"
#include "model/tenant.h"

namespace spillway {

/// What one action could do for one tenant now. Collected by the engine, input of decide.
struct Offer {
  TenantId tenant;
  std::string action;  // Action::name()
  Rung rung = Rung::trim;
  std::vector<PoolChange> changes;   // estimate: frees (negative) and charges (positive)
  Duration cost_give{};              // how long giving is expected to take
  Duration cost_restore{};           // how long the way back takes; what the person waits for
  std::optional<Duration> deadline;  // where the policy's step deadline is too short
  bool sure = true;                  // the estimate is a measurement, not a guess
  std::string detail;                // the variant or place it would go to
};

enum class Direction { give, restore };

/// Somebody asks for memory or for a move, whatever the levels say: `spillway free --ram 2GiB`,
/// `spillway offload stt`, a library's run() after an out-of-memory error, later a lease.
struct Demand {
  std::uint64_t id = 0;
  Direction direction = Direction::give;
  std::optional<PoolId> pool;      // where the bytes are wanted
  Bytes bytes;                     // how much; 0 with a tenant: all of it
  std::optional<TenantId> tenant;  // only this one
  std::optional<TenantId> asker;   // never taken from for its own demand
  Rung highest = Rung::offload;    // may go as far as this
  bool dry_run = false;
  TimePoint deadline;
  std::string reason;             // who asked, for the records
  std::optional<uid_t> only_uid;  // only tenants of this user are touched; none: anybody's
};

/// One measure, as data: it can be printed, recorded, replayed and refused.
struct Step {
  std::uint64_t id = 0;
  Direction direction = Direction::give;
  Rung rung = Rung::notify;
  std::string action;
  TenantId tenant;                   // empty for notify and refuse
  PoolId pool;                       // for whose sake
  Level level = Level::normal;       // of that pool when it was decided
  std::optional<Bytes> used, total;  // of that pool then, where known; filled in by the engine
  Bytes target;                      // how much is wanted from this step
  std::vector<PoolChange> estimate;
  Duration deadline{};
  std::optional<std::uint64_t> demand;  // the demand it serves
  std::string detail;
  std::string reason;  // one sentence with numbers
};

/// What was considered and not done, and why: `spillway why` reads it out.
struct Declined {
  PoolId pool;
  TenantId tenant;
  Rung rung = Rung::notify;
  std::string why;
};

struct Plan {
  TimePoint at;
  std::vector<Step> steps;
  std::vector<Declined> declined;
  std::vector<std::uint64_t> settled;                          // demands that are met
  std::vector<std::pair<std::uint64_t, std::string>> refused;  // demands that cannot be, and why
};

enum class StepStatus { done, failed, timed_out, skipped, dry_run };
std::string_view name(StepStatus status);

/// What a step really did. Claimed is the actor's word; measured is what sensing saw.
struct Outcome {
  std::uint64_t step = 0;
  StepStatus status = StepStatus::done;
  std::vector<PoolChange> claimed;
  std::vector<PoolChange> measured;  // filled by the engine from the next look
  Duration took{};
  Duration pause{};    // the longest a request had to wait for it, where known
  std::string detail;  // variant or place the tenant is at now
  std::string error;   // empty when done
};

}  // namespace spillway
