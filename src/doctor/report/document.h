#pragma once

#include <string>

#include "doctor/report/journal_report.h"

namespace spillway::doctor {

std::string_view name(Measure::Unit unit);

/// {"schema":"spillway.report/1", ...}, docs/json.md.
std::string report_document(const JournalReport& report, int indent = 2);

}  // namespace spillway::doctor
