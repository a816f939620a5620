#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace spillway {

/// What --status-file tells of one `spillway run`: "schema": "spillway.run/1".
struct RunStatus {
  std::string state;  // "running", "exited", "killed", "failed" (spillway's own failure)
  std::string command, tenant, cgroup;
  std::optional<pid_t> pid;
  std::optional<int> exit_code;  // what `spillway run` ends with
  std::optional<int> signal;     // that killed the command
  bool guarded = false;          // a daemon knows it
  std::string reason;            // one sentence
};

std::string run_status_document(const RunStatus& status);

/// Replaces the file as a whole: a reader sees the old text or the new one. What is no regular file
/// (/dev/stderr, a FIFO) is written to as it is. Errors name the path.
Status write_whole(const std::string& path, const std::string& text);

}  // namespace spillway
