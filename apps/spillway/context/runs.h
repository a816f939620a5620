#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace spillway {

/// The agent runs in a log: a request or an array of messages (one run), an array of objects with
/// messages (a run each), or one of these per line. Each is text of `log` that
/// context::read_conversation() takes.
/// Errors: invalid, for what is none of these.
Result<std::vector<std::string_view>> agent_runs(std::string_view log);

}  // namespace spillway
