#pragma once

#include <string>

#include "base/log.h"

namespace spillway {

/// Writes log lines to stderr: with the journal's priority prefix (sd-daemon(3), "<4>") under
/// systemd, else with the program's name. A stderr that takes nothing for a second loses the line:
/// a stuck pipe must not keep the daemon from ending. Log's thread.
Log::Sink stderr_sink();

/// The bytes of one line. `journal`: whether stderr is the journal's. Line breaks within the text
/// become blanks: a tenant's name must not forge a line.
std::string stderr_line(const LogLine& line, bool journal);

}  // namespace spillway
