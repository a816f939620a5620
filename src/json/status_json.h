#pragma once

#include <string>

#include "model/status.h"

namespace spillway {

/// The documents that people and scripts get (`spillway status --json`, `spillway ps --json`),
/// described in docs/json.md: bytes as integers in `*_bytes`, lengths of time in `*_seconds`,
/// shares 0..1 in `*_ratio`, moments in RFC 3339, null for what is unknown. Members are only ever
/// added within "/1". `indent` spaces per level; 0 writes one line. Pure.
std::string status_document(const StatusReport& report, int indent = 2);
std::string ps_document(const StatusReport& report, int indent = 2);

}  // namespace spillway
