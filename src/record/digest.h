#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/explain.h"

namespace spillway {

/// What the recorded events say, sorted by what `why` asks about.
struct EventDigest {
  /// One time that a pool was short.
  struct Episode {
    PoolAssessment worst;
    WallTime began;
    std::optional<WallTime> ended;
  };
  struct Changed {
    TenantChanged::What what = TenantChanged::What::updated;
    WallTime at;
    TenantId tenant;
    std::string reason;
  };
  struct Kernel {
    KernelEvent event;
    WallTime at;
  };

  std::vector<DoneStep> steps;         // oldest first
  std::map<PoolId, Episode> episodes;  // the latest of each pool
  std::vector<Declined> declined;      // the latest reason per pool, tenant and rung
  std::vector<Changed> changes;        // of tenants, without mere updates
  std::vector<Kernel> kernel;          // kills and faults
  std::optional<Policy> policy;
};

EventDigest digest(const std::vector<Event>& events);

}  // namespace spillway
