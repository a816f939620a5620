#pragma once

#include <string>
#include <string_view>

#include "model/status.h"

namespace spillway {

/// `spillway watch`: one line per look. Pure.
std::string watch_head();
std::string watch_line(const StatusReport& report);

/// The same as CSV (RFC 4180): bytes as integers, nothing where unknown.
inline constexpr std::string_view kWatchCsvHead =
    "time,level,ram_used_bytes,ram_total_bytes,cache_bytes,swap_used_bytes,swap_total_bytes,"
    "vram_used_bytes,vram_total_bytes,top_pid,top_name,top_bytes";
std::string watch_csv(const StatusReport& report);

/// The same as one line of JSON, "schema": "spillway.watch/1".
std::string watch_json(const StatusReport& report);

}  // namespace spillway
