#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace spillway {

/// The command line of spillwayd. Parsed by hand: a parser library would cost the daemon more
/// memory than all its readings.
struct DaemonOptions {
  bool user_mode = false;  // --user, or not root and not --system
  bool check = false;      // --check: the self-test, then exit
  bool dry_run = false;    // --dry-run
  std::string socket;      // --socket PATH
  std::string config;      // --config FILE: this file only
  std::string record;      // --record FILE: one journal file of this run, complete
  std::string journal;     // --journal DIR
};

/// What is to be printed instead of running.
enum class Instead { nothing, help, version };

struct CommandLine {
  DaemonOptions options;
  Instead instead = Instead::nothing;
};

/// Arguments without the program's name. Errc::invalid names the argument and what is possible.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments, bool root);

extern const char* const kDaemonHelp;

}  // namespace spillway
