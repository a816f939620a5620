#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// What a program prints to its standard output; it is found as a shell finds it, has nothing on standard
/// input, and its complaints are dropped. Blocks for `patience` at most, then it is killed: Errc::timed_out.
/// One that is stuck in the kernel is left behind. Errc::not_found when there is no such program, io when
/// it fails, invalid when it prints more than `limit` bytes.
Result<std::string> output_of(const std::string& program, const std::vector<std::string>& arguments,
                              Duration patience, std::size_t limit = std::size_t{1} << 20);

}  // namespace spillway
