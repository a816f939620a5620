#pragma once

#include <string>

#include "fit/catalogue/suggest.h"
#include "fit/plan/report.h"

namespace spillway::fit {

/// "schema": "spillway.plan/1", docs/json.md.
std::string plan_document(const PlanReport& report);

/// "schema": "spillway.suggest/1".
std::string suggest_document(const Suggestion& suggestion);

}  // namespace spillway::fit
