#pragma once

#include <string_view>

#include "doctor/finding.h"

namespace spillway::doctor {

/// When a line was written, from the first moment in its first 160 bytes: RFC 3339 and its relatives,
/// syslog ("Jun 19 16:23:33"), dmesg ("[   30.745678]", with -T "[Thu Jun 19 16:23:33 2026]"), a
/// /dev/kmsg record's microseconds, vLLM ("03-03 19:38:29"), a bare time of day. Without a zone it is
/// taken as UTC: only differences matter then.
Stamp stamp_of(std::string_view line);

/// "2026-06-19T16:23:33.000Z" for a wall-clock stamp; else as it was printed; empty without one.
std::string moment(const Stamp& stamp);

}  // namespace spillway::doctor
