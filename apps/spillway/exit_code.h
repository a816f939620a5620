#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

namespace spillway {

/// One meaning per code, for all verbs. `run` passes its command's code through and uses 125 to 127
/// for itself, as env(1) does.
enum class ExitCode {
  ok = 0,
  failure = 1,
  usage = 2,
  refused = 3,
  with_changes = 4,
  no_daemon = 5,
  partial = 6,
  not_in_time = 75,
  run_failed = 125,
  cannot_execute = 126,
  command_not_found = 127
};

constexpr int number(ExitCode code) { return static_cast<int>(code); }

struct ExitCodeRow {
  ExitCode code;
  std::string_view meaning;
};

/// The table of the manual and of --help.
inline constexpr std::array kExitCodes{
    ExitCodeRow{ExitCode::ok, "done, or it fits"},
    ExitCodeRow{ExitCode::failure, "it failed, or there are findings"},
    ExitCodeRow{ExitCode::usage, "the command line is wrong"},
    ExitCodeRow{ExitCode::refused, "refused, or it does not fit"},
    ExitCodeRow{ExitCode::with_changes, "it fits only with the changes shown"},
    ExitCodeRow{ExitCode::no_daemon, "this needs the daemon, and none runs"},
    ExitCodeRow{ExitCode::partial, "the answer is partial: a sensor failed"},
    ExitCodeRow{ExitCode::not_in_time, "not within the time given"},
    ExitCodeRow{ExitCode::run_failed, "run: spillway itself failed (also on its command line)"},
    ExitCodeRow{ExitCode::cannot_execute, "run: the command cannot be executed"},
    ExitCodeRow{ExitCode::command_not_found, "run: there is no such command"},
};

/// What an error of a request means for the caller's script.
ExitCode exit_code(Errc code);

/// The table as text, one code a line.
std::string exit_code_table();

}  // namespace spillway
