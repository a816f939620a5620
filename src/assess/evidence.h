#pragma once

#include <optional>
#include <string>

#include "assess/history.h"
#include "model/assessment.h"
#include "model/policy.h"

namespace spillway {

/// What the sentence is made from; `found` is complete but for the sentence.
struct Findings {
  const PoolTrack& track;
  const PoolPolicy& policy;
  const PoolAssessment& found;
  const std::optional<StallShare>& stall;
  TimePoint now;
};

/// "14.1 GiB of 15.6 GiB in use (90 %), critical from 90 %; growing by 120 MiB/s, full in 12 s".
std::string evidence(const Findings& findings);

}  // namespace spillway
