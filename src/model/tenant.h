#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/pool.h"
#include "model/reading.h"
#include "model/rung.h"

namespace spillway {

struct TenantId {
  std::string text;  // unique while registered; survives a reconnect ("stt", "stt#2")
  friend auto operator<=>(const TenantId&, const TenantId&) = default;
};

/// A change of one pool: negative frees, positive charges.
struct PoolChange {
  PoolId pool;
  Bytes delta;
  friend bool operator==(const PoolChange&, const PoolChange&) = default;
};

/// One size a model can be run at. Its first variant is the one it prefers.
struct Variant {
  std::string name;               // "fp16", "small", "cpu"
  std::vector<PoolChange> bytes;  // what it holds (positive)
};

/// What a tenant's program can do when asked (the callbacks it registered).
struct Abilities {
  bool trim = false, shrink = false, offload = false, unload = false, restore = false,
       preserve = false;
};

/// A measure in force on a tenant: what was taken, so that it can be given back.
struct Taken {
  Rung rung = Rung::notify;
  std::string action;               // who took it, and who can give it back
  std::string detail;               // the variant or the place it was moved to
  std::vector<PoolChange> changes;  // as measured where known, else as claimed
  TimePoint since;
};

/// An owner of memory.
struct Tenant {
  TenantId id;
  int priority = 0;           // higher keeps its memory longer
  bool pinned = false;        // never touched by any rung but notify and preserve
  bool stop_allowed = false;  // the opt-in of the last rung
  uid_t uid = 0;
  std::optional<ProcessKey> process;
  std::string cgroup;  // its own scope (path below the cgroup root), empty if it shares one
  std::string group;   // the memory cgroup its process is in: what it holds in RAM counts there too
  Abilities abilities;
  std::vector<Variant> variants;       // ordered from preferred to smallest; may be empty
  std::string variant;                 // the one in use
  std::vector<PoolChange> holds;       // what it holds now: declared, or measured where it can be
  std::vector<PoolChange> peaks;       // the most it ever held of each pool since it registered
  std::optional<Bytes> trimmable;      // caches it says it could drop right now
  std::optional<TimePoint> last_used;  // start or end of its latest request; none: never used
  bool busy = false;                   // a request is running in it
  bool connected = true;               // false: its program is known but cannot be asked now
  TimePoint registered;
  std::vector<Taken> taken;  // oldest first; restored in reverse order of cost

  Bytes held_in(const PoolId& pool) const;
};

}  // namespace spillway
