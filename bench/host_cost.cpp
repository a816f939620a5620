// What the library's monitor costs a program that hosts it, looking ten times a second:
//   host_cost [SECONDS]
// The same program is run three times: without the library's monitor, with it embedded at 10 Hz,
// and with it at its default pace. It has done what any program that holds a model has done before
// (threads, streams, text, files), so that what libc and libstdc++ need for that is not counted.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <spillway/spillway.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "process_tree.h"

namespace {

using namespace std::chrono_literals;

/// Ordinary work of an ordinary program.
void be_a_program() {
  std::ifstream status("/proc/self/status");
  std::map<std::string, std::string> fields;
  for (std::string line; std::getline(status, line);) {
    fields[line.substr(0, line.find(':'))] = line.substr(line.find(':') + 1);
  }
  std::ostringstream text;
  std::vector<double> weights(1 << 12, 0.5);
  std::thread([&] {
    for (const auto& [name, value] : fields) text << name << '=' << value << ' ' << 3.25 << '\n';
    std::sort(weights.begin(), weights.end());
  }).join();
  char line[64];
  std::snprintf(line, sizeof line, "%zu %.3f", text.str().size(), weights.front());
  std::ofstream("/dev/null") << line << std::endl;
}

void host(const std::optional<std::chrono::milliseconds>& interval) {
  be_a_program();
  std::unique_ptr<spillway::MemoryManager> manager;
  std::optional<spillway::Model> model;
  if (interval) {
    manager = std::make_unique<spillway::MemoryManager>(spillway::Options{
        .check_interval = *interval, .program = "host", .mode = spillway::Mode::embedded});
    model.emplace(manager->register_model(
        {.name = "model", .pool = "ram", .bytes = spillway::Bytes(1 << 20), .trim = [] {}}));
    manager->start_monitoring();
  }
  ::pause();
}

bench::Cost measure(const char* name, const std::optional<std::chrono::milliseconds>& interval,
                    int seconds, const bench::Cost& base) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    host(interval);
    ::_exit(0);
  }
  ::sleep(2);
  const bench::Cost before = bench::cost_of(pid);
  ::sleep(static_cast<unsigned>(seconds));
  const bench::Cost after = bench::cost_of(pid);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  std::printf("%-26s %9.0f %12.0f %11.0f %14.4f\n", name, after.rss_kib,
              base.processes ? after.rss_kib - base.rss_kib : 0.0, after.anon_kib,
              (after.cpu_ms - before.cpu_ms) / (10.0 * seconds));
  std::fflush(stdout);
  return after;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 20;
  std::printf("%-26s %9s %12s %11s %14s\n", "", "RSS KiB", "more by KiB", "anon KiB",
              "% of a core");
  const bench::Cost base = measure("without", std::nullopt, seconds, {});
  measure("embedded, 10 looks/s", 100ms, seconds, base);
  measure("embedded, default", 2000ms, seconds, base);
  return 0;
}
