// `spillway doctor`, `who` and `check` as whole processes, on a machine with 300 processes more.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

using std::chrono::steady_clock;

constexpr int kProcesses = 300;
constexpr int kRounds = 30;
constexpr std::size_t kHeld = 1 << 20;  // by each: what is read costs more than what is empty

std::vector<pid_t> start_processes() {
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      void* held =
          ::mmap(nullptr, kHeld, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (held != MAP_FAILED) std::memset(held, 1, kHeld);
      ::pause();
      ::_exit(0);
    }
    children.push_back(pid);
  }
  return children;
}

double ms_of(const std::string& program, const char* verb) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  std::string words[] = {program, verb, "--json"};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const auto start = steady_clock::now();
  pid_t child = 0;
  if (::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ) == 0) {
    ::waitpid(child, nullptr, 0);
  }
  const double ms = std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
  ::posix_spawn_file_actions_destroy(&actions);
  return ms;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: bench_doctor SPILLWAY\n"), 2;
  const std::vector<pid_t> children = start_processes();
  ::usleep(300'000);  // until they hold what they are to hold
  std::printf("%-12s %8s %8s %8s\n", "ms", "min", "p50", "p95");
  for (const char* verb : {"doctor", "who", "check"}) {
    std::vector<double> times;
    for (int i = 0; i < kRounds; ++i) times.push_back(ms_of(argv[1], verb));
    std::sort(times.begin(), times.end());
    std::printf("%-12s %8.1f %8.1f %8.1f\n", verb, times.front(), times[kRounds / 2],
                times[kRounds * 95 / 100]);
  }
  for (const pid_t pid : children) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  return 0;
}
