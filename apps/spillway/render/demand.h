#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "exit_code.h"
#include "model/plan.h"
#include "render/canvas.h"

namespace spillway {

/// The daemon's answer to `free`, `offload` and `restore` (docs/protocol.md).
struct DemandAnswer {
  bool met = false, dry_run = false;
  Bytes freed;                    // measured in the demanded pool; of a dry run, estimated
  std::vector<Step> steps;        // taken; of a dry run, those that would be
  std::vector<Outcome> outcomes;  // of the steps taken, in their order
  std::vector<Declined> declined;
  std::string why;  // when not met
};
Result<DemandAnswer> demand_answer_of(const nlohmann::json& json, bool dry_run);

/// A line per step, then what came of it all; what was declined only when it is not met. Pure.
std::vector<std::string> demand_lines(const DemandAnswer& answer, const Canvas& canvas);

/// "schema": "spillway.demand/1", docs/json.md.
std::string demand_document(const DemandAnswer& answer);

/// with_changes for a dry run that needs steps, refused when it is not met.
ExitCode code_of(const DemandAnswer& answer);

}  // namespace spillway
