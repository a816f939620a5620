#pragma once

#include <string>

#include "record/digest.h"

namespace spillway {

// The sentences of explain.h, without their full stops. Moments are told relative to the report's.

/// How long before the report a moment of the monotonic line was; empty when that cannot be told.
std::string how_long_since(TimePoint then, const StatusReport& report);

std::string pool_sentence(const PoolAssessment& pool, const StatusReport& report);
std::string episode_sentence(const EventDigest::Episode& episode, const StatusReport& report);
/// The biggest holders of a pool; empty when none is known.
std::string holders_sentence(const PoolId& pool, const StatusReport& report);
std::string tenant_sentence(const Tenant& tenant, const StatusReport& report);
std::string process_sentence(const ProcessReading& process);
std::string change_sentence(const EventDigest::Changed& change, const StatusReport& report);
std::string kernel_sentence(const EventDigest::Kernel& kernel, const StatusReport& report);
std::string step_sentence(const DoneStep& done, const StatusReport& report);
std::string declined_sentence(const Declined& declined);
std::string away_sentence(const Tenant& tenant, const Taken& taken, const std::string& why,
                          const StatusReport& report);

}  // namespace spillway
