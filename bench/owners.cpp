// Finding the owners of the memory among 600 processes: RSS of all, PSS, swap and cgroup of the top
// ten. The first look opens everything, later ones read again what is open.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "sense/process.h"

namespace {

using std::chrono::steady_clock;

constexpr int kProcesses = 600;

double ms_since(steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
}

}  // namespace

int main() {
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::pause();
      ::_exit(0);
    }
    children.push_back(pid);
  }
  std::vector<double> first, later;
  for (int round = 0; round < 10; ++round) {
    spillway::ProcessSensor sensor{spillway::SysRoot()};
    const spillway::Look look{.now = {}, .owners = true};
    auto start = steady_clock::now();
    (void)sensor.read(look);
    first.push_back(ms_since(start));
    for (int i = 0; i < 20; ++i) {
      start = steady_clock::now();
      (void)sensor.read(look);
      later.push_back(ms_since(start));
    }
  }
  for (const pid_t pid : children) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  std::printf("%-12s %8s %8s %8s\n", "ms a look", "min", "p50", "p95");
  for (auto* times : {&first, &later}) {
    std::sort(times->begin(), times->end());
    const auto at = [&](double share) {
      return (*times)[static_cast<std::size_t>(share * static_cast<double>(times->size() - 1))];
    };
    std::printf("%-12s %8.2f %8.2f %8.2f\n", times == &first ? "first" : "later", at(0), at(0.5),
                at(0.95));
  }
  return 0;
}
