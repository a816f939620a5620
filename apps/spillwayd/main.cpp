#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/version.h"
#include "daemon.h"
#include "options.h"
#include "self_care.h"

namespace {

// The exit codes of all programs of spillway; see spillway(1).
constexpr int kOk = 0;
constexpr int kFailure = 1;
constexpr int kUsage = 2;

int complain(const spillway::Error& error, int code) {
  std::fprintf(stderr, "spillwayd: %s\n", to_string(error).c_str());
  return code;
}

/// Before the first thread: all threads inherit it, and the loop reads them from a signalfd.
void block_signals() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&handled, number);
  ::sigprocmask(SIG_BLOCK, &handled, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int run(const spillway::DaemonOptions& options) {
  spillway::keep_small();
  spillway::raise_descriptor_limit();
  block_signals();
  ::umask(022);
  spillway::Daemon daemon(options);
  if (auto prepared = daemon.prepare(); !prepared) return complain(prepared.error(), kFailure);
  if (options.check) {
    for (const std::string& line : daemon.self_test()) std::puts(line.c_str());
    return kOk;
  }
  const auto ended = daemon.run();
  return ended ? kOk : complain(ended.error(), kFailure);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto line = spillway::parse_command_line({argv + 1, argv + argc}, ::geteuid() == 0);
    if (!line) return complain(line.error(), kUsage);
    if (line->instead == spillway::Instead::help) {
      std::fputs(spillway::kDaemonHelp, stdout);
      return kOk;
    }
    if (line->instead == spillway::Instead::version) {
      std::printf("spillwayd %s\n", std::string(spillway::kVersion).c_str());
      return kOk;
    }
    return run(line->options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spillwayd: %s\n", error.what());
    return kFailure;
  }
}
