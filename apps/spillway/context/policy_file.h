#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "context/policy.h"

namespace spillway {

/// Reads a policy from TOML; what it does not say is as context::Policy has it (docs/context-guard.md has
/// the keys). Everything that is wrong goes to `errors`, with file, line and column.
context::Policy parse_policy(std::string_view text, const std::string& file,
                             std::vector<Error>& errors);

}  // namespace spillway
