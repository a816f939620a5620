#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spillway {

/// The name that differs from `word` by the fewest letters; empty when none is near enough to have
/// been meant.
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace spillway
