#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/assessment.h"
#include "model/plan.h"
#include "model/policy.h"
#include "model/snapshot.h"

namespace spillway {

/// One look: everything decide was given and what it answered. Parts that did not change since the
/// previous frame are absent, so that a quiet minute costs little to record.
struct Frame {
  std::uint64_t number = 0;
  Snapshot snapshot;
  std::optional<std::vector<Tenant>> tenants;
  std::vector<Offer> offers;    // empty when none were collected
  std::vector<Demand> demands;  // open ones
  Assessment assessment;
  Plan plan;
};

struct StepStarted {
  TimePoint at;
  WallTime wall;
  Step step;
};

struct StepEnded {
  TimePoint at;
  WallTime wall;
  Step step;
  Outcome outcome;
};

struct LevelChanged {
  TimePoint at;
  WallTime wall;
  Level from = Level::normal;
  PoolAssessment now;
};

struct TenantChanged {
  enum class What { registered, updated, unregistered, lost, quarantined } what = What::registered;
  TimePoint at;
  WallTime wall;
  Tenant tenant;
  std::string reason;
};

struct PolicyChanged {
  TimePoint at;
  WallTime wall;
  Policy policy;
};

/// Anything else worth a line: a sensor lost, a refusal, a self-test's result.
struct Note {
  TimePoint at;
  WallTime wall;
  std::string text;
};

using Event =
    std::variant<Frame, StepStarted, StepEnded, LevelChanged, TenantChanged, PolicyChanged, Note>;

/// Where events go: journal, ring, metrics, subscribers. On the engine's thread; must not block.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void take(const Event& event) = 0;
};

}  // namespace spillway
