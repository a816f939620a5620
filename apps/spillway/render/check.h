#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/precheck/precheck.h"
#include "render/canvas.h"

namespace spillway {

/// The list of `spillway check`. Pure.
std::vector<std::string> check_lines(const doctor::Precheck& check, const Canvas& canvas);

/// {"schema":"spillway.check/1", ...}, docs/json.md. Pure.
std::string check_document(const doctor::Precheck& check,
                           const std::optional<doctor::StackNeed>& need,
                           const StatusReport& report);

}  // namespace spillway
