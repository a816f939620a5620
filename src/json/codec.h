#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace spillway {

// The model as JSON and back. One description per type (json/fields_*.h) serves both directions, so
// they cannot drift apart. Defined for: PoolReading, StallReading, VmCounters, MemoryDetail,
// ProcessReading, DeviceUse, KernelEvent, Fault, Snapshot, PoolAssessment, Assessment, PoolChange,
// Tenant, Offer, Demand, Step, Declined, Plan, Outcome, Policy, PoolStatus, Capability,
// StatusReport and Event. Any thread; nothing throws.
//
// Names carry units: `_bytes` integers, `_ns` integers (of this boot's CLOCK_MONOTONIC for
// moments),
// `_ratio` 0..1, wall-clock times RFC 3339 with milliseconds. Events have a member "kind". Unknown
// is null or absent, never 0.

/// One line, members in the order of the model.
template <class T>
std::string to_text(const T& value);

/// As to_text() without what is unknown or empty: for records, which are kept by the million.
template <class T>
std::string to_compact_text(const T& value);

template <class T>
nlohmann::json to_json(const T& value);

/// Members that are not known are ignored and absent ones keep their default, so that neighbouring
/// versions understand each other; what identifies a thing must be there, and a wrong type is
/// Errc::invalid with the path in `where`: "pools[2].used_bytes".
template <class T>
Result<T> from_json(const nlohmann::json& json);

/// parse_document() and from_json().
template <class T>
Result<T> from_text(std::string_view text);

}  // namespace spillway
