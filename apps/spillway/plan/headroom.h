#pragma once

#include <optional>
#include <string>

#include "fit/choose/ways.h"
#include "model/policy.h"
#include "model/status.h"

namespace spillway {

/// What already runs and may grow: a process, or a tenant.
struct Running {
  std::string name;   // "process 4711", "llm"
  PoolId pool;        // where it holds most
  Bytes holds;        // there
  Bytes used, total;  // of the pool, everybody's
};

/// Whom `subject` means: a process id or a tenant's name. Errors: not_found; unavailable, where its
/// memory is not known.
Result<Running> find_running(const StatusReport& report, const std::string& subject);

/// The model file in a command line: what follows -m or --model. `command_line` as in
/// /proc/PID/cmdline, words ended by NUL.
std::optional<std::string> model_of_command(std::string_view command_line);

/// How many tokens more a running model can take until its pool comes to the guard's warning level;
/// nothing where more tokens take no more memory: its cache was allocated when it started. Errors:
/// footprint_of()'s; invalid, where it holds less than the model needs at all.
Result<std::optional<std::uint64_t>> tokens_left(const fit::ModelToPlan& model,
                                                 const Running& running, const Policy& policy,
                                                 const fit::FootprintOf& need = fit::footprint_of);

/// "1,850".
std::string grouped(std::uint64_t number);

}  // namespace spillway
