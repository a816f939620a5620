#pragma once

#include <functional>
#include <string>

#include "engine/engine.h"
#include "model/status.h"

namespace spillway {

/// Where it is sensed and decided: in this program (Embedded) or by the daemon (Joined). Calls come
/// one at a time, from any thread; none waits for a callback of the program.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Makes the tenant known, or as it is now; `tenant.id` is its name in this program. False: where
  /// it is could not be told, since a step on it has not ended; tell it again at the next look.
  virtual bool put(const Tenant& tenant) = 0;
  virtual void remove(const TenantId& tenant, std::string reason) = 0;
  /// `done` is called exactly once, on any thread; it must not call back.
  virtual void demand(Demand demand, std::function<void(const DemandResult&)> done) = 0;
  /// Looks and acts; when to come back at the latest. `fired`: an event source says so.
  virtual TimePoint step(TimePoint now, bool fired) = 0;
  /// As of the latest look.
  virtual const Assessment& assessment() const = 0;
  virtual StatusReport status() = 0;
};

}  // namespace spillway
