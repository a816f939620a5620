#pragma once

#include <string>
#include <vector>

#include "doctor/report/journal_report.h"
#include "render/canvas.h"

namespace spillway {

/// The report for people: goals, how close each pool came, what was done, who waited. Pure.
std::vector<std::string> report_lines(const doctor::JournalReport& report, const Canvas& canvas);

/// The same as one HTML page with a plot of each pool: no scripts, nothing from elsewhere. Pure.
std::string report_page(const doctor::JournalReport& report);

/// One table of both, its name above it.
struct ReportTable {
  std::string name;
  std::vector<Column> head;
  std::vector<std::vector<Cell>> rows;
};
std::vector<ReportTable> report_tables(const doctor::JournalReport& report);
/// "from 2026-11-24T16:20:00.000Z to ...: 23 h recorded, 2 runs of the guard".
std::string period_of(const doctor::JournalReport& report);

}  // namespace spillway
