#pragma once

#include <string>
#include <vector>

#include "fit/catalogue/suggest.h"
#include "fit/plan/report.h"
#include "render/canvas.h"

namespace spillway {

/// The screen of `spillway plan`: the verdict, a bar per memory, a line per model, the changes. Pure.
std::vector<std::string> plan_lines(const fit::PlanReport& report, const Canvas& canvas);

/// What --explain adds: the sum, line by line, and where each figure comes from.
std::vector<std::string> explain_lines(const fit::PlanReport& report, const Canvas& canvas);

/// "████████▒▒░░░░|░░░": others, the stack, what is free; a mark where safe ends. As wide as asked.
std::string plan_bar(const fit::Fill& fill, double safe, std::size_t width);

/// The screen of `spillway plan --suggest`.
std::vector<std::string> suggest_lines(const fit::Suggestion& suggestion, const Canvas& canvas);

}  // namespace spillway
