#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/plan.h"
#include "model/status.h"

namespace spillway {

// Phrases that explain.h builds its sentences from.

/// "RAM", "swap", "vram:GPU-1".
std::string words(const PoolId& pool);
/// "12 s ago", "just now".
std::string ago(WallTime then, WallTime now);
/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& items);
/// "1.5 GiB in RAM and 200 MiB in swap"; empty when there is nothing to tell.
std::string amounts(const std::vector<PoolChange>& holds);
/// What a measure did to its pools: "freed 300 MiB of RAM and charged 280 MiB to swap".
std::string effect(const std::vector<PoolChange>& changes);
/// The act in the past: "trimmed", "moved to cpu", "frozen".
std::string done_to(Rung rung, const std::string& detail);
/// "7 GiB of 8 GiB in use (88 %)", from the assessment's evidence where it has one.
std::string usage(const PoolAssessment& pool);
/// Ends the text as a sentence.
std::string sentence(std::string text);

}  // namespace spillway
