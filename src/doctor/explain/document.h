#pragma once

#include <string>

#include "doctor/explain/explainer.h"

namespace spillway::doctor {

/// {"schema":"spillway.explain/1","events":[...]}, docs/explain.md.
std::string explain_document(const Report& report, int indent = 2);

}  // namespace spillway::doctor
