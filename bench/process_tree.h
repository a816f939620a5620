#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What a program costs, with all its threads and children, as the kernel counts it
/// (Documentation/filesystems/proc.rst: status, smaps_rollup, task/*/schedstat).
struct Cost {
  double rss_kib = 0, anon_kib = 0, pss_kib = 0;
  double cpu_ms = 0;          // since its start
  std::uint64_t wakeups = 0;  // times a thread was given a CPU, since its start
  int threads = 0, processes = 0;
};
Cost cost_of(pid_t root);

/// A program under measurement: its output goes to a file, and it ends with us.
class Program {
 public:
  Program(const std::vector<std::string>& command, const std::string& output);
  ~Program();  // SIGTERM, then SIGKILL
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  pid_t pid() const { return pid_; }
  bool running() const;

 private:
  pid_t pid_ = -1;
};

/// First of the places where a peer may be installed; empty when it is not.
std::string find_program(const std::string& name);

}  // namespace bench
