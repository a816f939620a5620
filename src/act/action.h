#pragma once

#include <string_view>
#include <vector>

#include "model/plan.h"
#include "model/snapshot.h"
#include "model/status.h"

namespace spillway {

/// One way to give memory back, and the way back from it.
class Action {
 public:
  virtual ~Action() = default;
  virtual std::string_view name() const = 0;

  /// The self-test at start: works here, or why not. Engine's thread; may take milliseconds.
  virtual Capability capability() const = 0;

  /// Adds what it could do for this tenant now. Pure and cheap: called for every tenant at every
  /// look under pressure. Engine's thread.
  virtual void offers(const Snapshot& snapshot, const Tenant& tenant,
                      std::vector<Offer>& out) const = 0;

  /// Performs a step (step.direction says which way) or says why not. Worker thread, one call per
  /// tenant at a time; may block until the deadline. Checks its target again through a handle that
  /// cannot be reused. Never throws. `claimed` is in the outcome, `measured` is the engine's.
  virtual Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) = 0;
};

}  // namespace spillway
