#pragma once

#include <string>
#include <vector>

#include "doctor/explain/explainer.h"
#include "render/canvas.h"

namespace spillway {

/// The post-mortem for people: what happened, who held what, why, what would have helped. Pure.
std::vector<std::string> explain_lines(const doctor::Report& report, const Canvas& canvas);

/// The same as one HTML page with the timeline plotted: no scripts, nothing from elsewhere, and whatever logs say
/// is text in it. Pure.
std::string explain_page(const doctor::Report& report);

/// What a finding says under each heading, in the order in which people ask: for both of them.
struct Told {
  std::string heading;
  std::vector<std::string> lines;
};
std::vector<Told> told_of(const doctor::Finding& finding);
/// "kernel-oom in ram, python3 killed".
std::string title_of(const doctor::Finding& finding);

}  // namespace spillway
