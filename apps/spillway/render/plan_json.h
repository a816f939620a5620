#pragma once

#include <string>

#include "fit/catalogue/suggest.h"
#include "plan/report.h"

namespace spillway {

/// "schema": "spillway.plan/1", docs/json.md.
std::string plan_document(const PlanReport& report);

/// "schema": "spillway.suggest/1".
std::string suggest_document(const fit::Suggestion& suggestion);

}  // namespace spillway
