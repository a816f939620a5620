#include "demo/stage.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace spillway {
namespace {

namespace fs = std::filesystem;

constexpr long kTmpfs = 0x01021994;  // TMPFS_MAGIC, linux/magic.h
constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP};

}  // namespace

Result<Workspace> Workspace::make() {
  // Weights on a tmpfs would be in memory twice over: /var/tmp is on disk on every distribution.
  const char* wished = std::getenv("TMPDIR");
  for (const std::string& base : {std::string(wished ? wished : ""), std::string("/var/tmp"),
                                  std::string("/tmp"), fs::current_path().string()}) {
    struct statfs info {};
    if (base.empty() || ::statfs(base.c_str(), &info) != 0 || info.f_type == kTmpfs) continue;
    std::string path = base + "/spillway-demo-XXXXXX";
    if (::mkdtemp(path.data())) return Workspace(path);
  }
  return fail(Errc::unavailable, "no directory on a disk can be written", {},
              "set TMPDIR to one with 2 GB free");
}

Workspace::Workspace(Workspace&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Workspace::~Workspace() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

ExitCode on_stage(const std::function<ExitCode()>& performance) {
  sigset_t awaited, before;
  sigemptyset(&awaited);
  for (const int signal : kEnding) sigaddset(&awaited, signal);
  sigaddset(&awaited, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &awaited, &before);

  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) {
    fmt::print(stderr, "spillway demo: fork: {}\n", std::strerror(errno));
    return ExitCode::failure;
  }
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    const ExitCode code = performance();
    std::fflush(nullptr);
    ::_exit(static_cast<int>(code));
  }

  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    const int signal = ::sigwaitinfo(&awaited, nullptr);
    if (signal > 0 && signal != SIGCHLD) ::kill(pid, signal);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (WIFEXITED(status)) return static_cast<ExitCode>(WEXITSTATUS(status));
  fmt::print(stderr, "\nspillway demo: ended by {}; what it had set up is cleared away\n",
             ::strsignal(WTERMSIG(status)));
  return ExitCode::failure;
}

}  // namespace spillway
