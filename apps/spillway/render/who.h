#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/holders/holdings.h"
#include "render/canvas.h"

namespace spillway {

/// The table of `spillway who`: a row per program, a column per memory, then what no program holds, so
/// that each column adds up to what there is. With a pattern only the programs that it names, and their
/// sum. Pure.
std::vector<std::string> who_lines(const doctor::Holdings& holdings, std::string_view pattern,
                                   bool all, const Canvas& canvas);

/// {"schema":"spillway.who/1", ...}, docs/json.md. Pure.
std::string who_document(const doctor::Holdings& holdings, std::string_view pattern,
                         const StatusReport& report);

}  // namespace spillway
