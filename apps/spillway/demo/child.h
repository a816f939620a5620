#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// What to start.
struct ChildSpec {
  std::vector<std::string> command;                              // command[0] is a path
  std::vector<std::pair<std::string, std::string>> environment;  // added to our own
  std::string cgroup_procs;  // a cgroup.procs file to enter before anything else; may be ""
  std::string errors;        // a file for its standard error; "": ours
};

/// A program of the demo: started with its standard input and output on pipes, dies with us.
/// One thread.
class Child {
 public:
  static Result<Child> start(const ChildSpec& spec);
  Child(Child&& other) noexcept { *this = std::move(other); }
  Child& operator=(Child&& other) noexcept;
  ~Child();  // SIGKILL, for what has not been stopped

  pid_t pid() const { return pid_; }
  /// Waits for a line on its output that starts with `word`. False when it ended or time is up.
  bool wait_for(const std::string& word, Duration patience);
  /// Closes its input: the polite end for programs that read it.
  void close_input() { input_.reset(); }
  /// SIGTERM, then after `grace` SIGKILL. Returns the wait status.
  int stop(Duration grace);
  /// The wait status once it has ended; none while it runs.
  std::optional<int> ended();

 private:
  Child(pid_t pid, UniqueFd input, UniqueFd output)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)) {}

  pid_t pid_ = -1;
  UniqueFd input_, output_;
  std::string pending_;
  std::optional<int> status_;
};

}  // namespace spillway
