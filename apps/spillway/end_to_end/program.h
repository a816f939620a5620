#pragma once

#include <string>
#include <utility>
#include <vector>

namespace spillway::support {

/// What a program that was run to its end said.
struct Ran {
  std::string out, err;
  int code = -1;
};

/// How to run it.
struct How {
  std::vector<std::pair<std::string, std::string>> environment;  // added to a bare one
  unsigned uid = 0;                                              // not 0: as this user (root only)
  std::string input = "/dev/null";                               // the file on its standard input
};

/// Runs build/bin/NAME with these arguments and neither a user's nor
/// the system's daemon in sight. Throws when it cannot be started.
Ran run_program(const std::string& name, const std::vector<std::string>& arguments,
                const How& how = {});

/// `spillway ARGUMENTS...`
inline Ran spillway(const std::vector<std::string>& arguments, const How& how = {}) {
  return run_program("spillway", arguments, how);
}

}  // namespace spillway::support
