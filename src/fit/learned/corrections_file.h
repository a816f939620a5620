#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fit/learned/corrections.h"

namespace spillway::fit {

/// Where measured runs are remembered: $XDG_STATE_HOME/spillway/corrections.jsonl; where that is not
/// set /var/lib/spillway for root, ~/.local/state/spillway for others. Empty where there is no home.
/// `variable` as getenv(3).
std::string corrections_path(bool root, const std::function<const char*(const char*)>& variable);

/// What the file says; nothing where there is none. What cannot be read is told in `errors` and left
/// out. Blocks on the disk.
Corrections read_corrections(const std::string& path, std::vector<Error>& errors);

/// Adds one, on the disk when it returns: a reader sees the old file or the new one. Lines that cannot
/// be read are dropped. Errors: those of the file, one that is too long to be read included.
Status remember(const std::string& path, Lesson lesson);

}  // namespace spillway::fit
