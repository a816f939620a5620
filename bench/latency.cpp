// From the moment a threshold is crossed to the first action of a guard:
//   latency PATH-OF-SPILLWAYD [ROUNDS]
// Allocates at full speed in steps of 1 MiB; after each step it reads MemAvailable itself, so the
// moment of crossing has the allocator's own timestamp. The action is this program's own `trim`
// callback (asked through the daemon, or by the library in process); earlyoom's is its log line.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <spillway/spillway.hpp>
#include <string>
#include <thread>
#include <vector>

#include "process_tree.h"

namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kMiB = 1 << 20;
constexpr double kAhead = 768.0 * 1024;  // KiB between what is used at first and the threshold

struct Memory {
  double total_kib = 0, available_kib = 0;
};

Memory read_memory() {
  static const int fd = ::open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
  char text[4096];
  const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  Memory memory;
  const auto value = [&](const char* key) {
    const char* at = std::strstr(text, key);
    return at ? std::atof(at + std::strlen(key)) : 0.0;
  };
  memory.total_kib = value("MemTotal:");
  memory.available_kib = value("MemAvailable:");
  return memory;
}

/// Allocates until it has crossed the threshold and `acted`, or 1 GiB beyond; when MemAvailable fell
/// below it.
std::optional<steady_clock::time_point> allocate_across(double threshold_available_kib,
                                                        const std::function<bool()>& acted) {
  std::optional<steady_clock::time_point> crossed;
  const std::size_t most = static_cast<std::size_t>(kAhead) * 1024 + 1024 * kMiB;
  void* data = ::mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return std::nullopt;
  for (std::size_t at = 0; at < most && !(acted() && crossed); at += kMiB) {
    std::memset(static_cast<char*>(data) + at, 1, kMiB);
    if (!crossed && read_memory().available_kib < threshold_available_kib) {
      crossed = steady_clock::now();
    }
  }
  for (int i = 0; i < 100 && crossed && !acted(); ++i) std::this_thread::sleep_for(20ms);
  ::munmap(data, most);
  return crossed;
}

void print(const char* name, std::vector<double> ms, int rounds) {
  if (ms.empty()) {
    std::printf("%-24s no action seen in %d rounds\n", name, rounds);
    return;
  }
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double share) {
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1) + 0.5)];
  };
  std::printf("%-24s %8.1f %8.1f %8.1f %8.1f   %zu of %d\n", name, at(0), at(0.5), at(0.95), at(1),
              ms.size(), rounds);
  std::fflush(stdout);
}

/// The time of the action, set by whoever sees it.
std::atomic<std::int64_t> action_ns{0};

void run_rounds(const char* name, double threshold, int rounds,
                const std::function<void()>& settle) {
  std::vector<double> ms;
  for (int i = 0; i < rounds; ++i) {
    settle();
    action_ns = 0;
    const auto crossed = allocate_across(threshold, [] { return action_ns.load() != 0; });
    const std::int64_t acted = action_ns;
    if (crossed && acted != 0) {
      const auto when = steady_clock::time_point(std::chrono::nanoseconds(acted));
      // The kernel's figure wavers by some MiB: the guard may read it below the threshold first.
      const auto late = std::max(when - *crossed, steady_clock::duration::zero());
      ms.push_back(std::chrono::duration<double, std::milli>(late).count());
    }
  }
  print(name, ms, rounds);
}

std::int64_t now_ns() { return steady_clock::now().time_since_epoch().count(); }

/// The library in this program: embedded, or joined to a daemon.
void with_library(const char* name, spillway::Options options, double threshold, int rounds) {
  // What a trim really gives back: a guard stops asking those who promise and give nothing.
  constexpr std::size_t kBallast = 64 * kMiB;
  void* ballast =
      ::mmap(nullptr, kBallast, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  spillway::MemoryManager manager(options);
  auto model = manager.register_model(
      {.name = "bench", .pool = "ram", .bytes = spillway::Bytes(kMiB), .trim = [ballast] {
         if (action_ns == 0) action_ns = now_ns();
         ::madvise(ballast, kBallast, MADV_DONTNEED);
         return spillway::Bytes(kBallast);
       }});
  manager.start_monitoring();
  std::this_thread::sleep_for(1s);
  run_rounds(name, threshold, rounds, [&] {
    for (int i = 0; i < 500 && manager.level() != spillway::Level::normal; ++i) {
      std::this_thread::sleep_for(20ms);
    }
    std::memset(ballast, 1, kBallast);
    model.set_trimmable(spillway::Bytes(kBallast));
    std::this_thread::sleep_for(1500ms);  // longer than any hold of a level
  });
}

/// earlyoom writes a line when it would act.
void with_earlyoom(double threshold, double total_kib, int rounds) {
  const std::string program = bench::find_program("earlyoom");
  if (program.empty()) return;
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return;
  const std::string percent = std::to_string(100 * threshold / total_kib);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(fds[1], STDERR_FILENO);
    ::dup2(fds[1], STDOUT_FILENO);
    ::execl(program.c_str(), program.c_str(), "--dryrun", "-m", percent.c_str(), "-s", "100", "-r",
            "3600", nullptr);
    ::_exit(127);
  }
  ::close(fds[1]);
  std::thread reader([fd = fds[0]] {
    std::string pending;
    char chunk[1024];
    for (ssize_t n = 0; (n = ::read(fd, chunk, sizeof chunk)) > 0;) {
      const std::int64_t when = now_ns();
      pending.append(chunk, static_cast<std::size_t>(n));
      if (pending.find("low memory") != std::string::npos && action_ns == 0) action_ns = when;
      pending.erase(0, pending.rfind('\n') + 1);
    }
  });
  std::this_thread::sleep_for(1s);
  run_rounds("earlyoom", threshold, rounds, [] { std::this_thread::sleep_for(2s); });
  ::kill(pid, SIGTERM);
  ::waitpid(pid, nullptr, 0);
  reader.join();
  ::close(fds[0]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s SPILLWAYD [ROUNDS]\n", argv[0]);
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 20;
  const Memory memory = read_memory();
  if (memory.available_kib < kAhead + 2.0 * 1024 * 1024) {
    std::puts("less than 2.75 GiB are available: not measured");
    return 0;
  }
  const double threshold = memory.available_kib - kAhead;
  const double enter = 1 - threshold / memory.total_kib;
  const double exit = enter - 0.5 * kAhead / memory.total_kib;

  std::string pattern = (fs::temp_directory_path() / "spillway-bench-XXXXXX").string();
  const fs::path dir = ::mkdtemp(pattern.data());
  std::printf("%-24s %8s %8s %8s %8s   (ms from crossing to action)\n", "", "min", "p50", "p95",
              "max");
  {
    std::ofstream(dir / "spillway.toml")
        << "[journal]\nenabled = false\n[pools.ram]\nwarning = { enter = " << enter
        << ", exit = " << exit
        << ", min_hold = \"100ms\" }\ncritical = 0.97\nemergency = 0.98\nshutdown = 0.99\n";
    const std::string socket = (dir / "control.sock").string();
    const bench::Program daemon(
        {argv[1], "--socket", socket, "--config", (dir / "spillway.toml").string()},
        (dir / "log").string());
    for (int i = 0; i < 250 && !fs::exists(socket); ++i) std::this_thread::sleep_for(20ms);
    with_library("spillwayd", {.program = "bench", .socket = socket}, threshold, rounds);
  }
  with_library("libspillway, embedded",
               {.warning = enter,
                .critical = 0.97,
                .emergency = 0.98,
                .shutdown = 0.99,
                .program = "bench",
                .mode = spillway::Mode::embedded},
               threshold, rounds);
  with_earlyoom(threshold, memory.total_kib, rounds);
  fs::remove_all(dir);
  return 0;
}
