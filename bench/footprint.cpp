// What a guard costs while nothing happens, beside its peers in the same minute:
//   footprint PATH-OF-SPILLWAYD [SECONDS]
// Each runs alone for that long (60) after five seconds to settle; none can kill anything.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "process_tree.h"

namespace {

namespace fs = std::filesystem;

struct Guard {
  std::string name;
  std::vector<std::string> command;
};

/// Percent of memory in use now, for thresholds that are to be near.
double percent_available() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  double total = 0, available = 0, kib = 0;
  while (file >> key >> kib >> unit) {
    if (key == "MemTotal:") total = kib;
    if (key == "MemAvailable:") available = kib;
  }
  return 100 * available / total;
}

double total_mib() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  double kib = 0;
  file >> key >> kib;
  return kib / 1024;
}

std::string written(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
  return path.string();
}

/// Holds memory until a tenth of the machine's is in use: below that no threshold is near. Touched
/// once, never again.
class Ballast {
 public:
  Ballast() {
    const double missing = 0.1 - (1 - percent_available() / 100);
    if (missing > 0) held_.assign(static_cast<std::size_t>(missing * total_mib()) << 20, '\1');
  }

 private:
  std::vector<char> held_;
};

/// A threshold 300 MB above what is in use: far enough to stay quiet, near enough for ten looks a
/// second at an assumed 6 GB/s (earlyoom clamps to the same ten).
std::vector<Guard> guards(const std::string& spillwayd, const fs::path& dir) {
  std::vector<Guard> all;
  const auto peer = [&](const char* name, const char* program, std::vector<std::string> arguments) {
    const std::string path = bench::find_program(program);
    if (path.empty()) {
      std::printf("(%s is not installed: left out)\n", name);
      return;
    }
    arguments.insert(arguments.begin(), path);
    all.push_back({name, std::move(arguments)});
  };
  const double used = 1 - percent_available() / 100;
  const double near = used + 600.0 / total_mib();

  all.push_back({"spillwayd idle",
                 {spillwayd, "--socket", (dir / "a.sock").string(), "--config",
                  written(dir / "idle.toml", "[journal]\nenabled = false\n")}});
  all.push_back(
      {"spillwayd near",
       {spillwayd, "--socket", (dir / "b.sock").string(), "--config",
        written(dir / "near.toml",
                "[journal]\nenabled = false\n[pools.ram]\nwarning = " + std::to_string(near) +
                    "\ncritical = 0.97\nemergency = 0.98\nshutdown = 0.99\n")}});
  peer("earlyoom idle", "earlyoom", {"--dryrun", "-m", "1", "-s", "1", "-r", "3600"});
  peer("earlyoom near", "earlyoom",
       {"--dryrun", "-m", std::to_string(static_cast<int>(percent_available()) - 2), "-s", "100",
        "-r", "3600"});
  // A copy of its own configuration in which nothing is bad enough to be killed.
  const std::string conf = written(dir / "nohang.conf", [] {
    std::ifstream shipped("/etc/nohang/nohang.conf");
    std::string text, line;
    while (std::getline(shipped, line)) {
      if (line.rfind("min_badness", 0) == 0) line = "min_badness = 1000000";
      text += line + "\n";
    }
    return text;
  }());
  peer("nohang", "nohang", {"--monitor", "--config", conf});
  const std::string rules = written(
      dir / "oomd.json",
      R"({"rulesets":[{"name":"memory","detectors":[["pressure",{"name":"pressure_above","args":)"
      R"({"cgroup":"*","resource":"memory","threshold":"99","duration":"30"}}]],)"
      R"("actions":[{"name":"continue","args":{}}]}],"version":"1.0"})");
  const bool hybrid = fs::exists("/sys/fs/cgroup/unified");
  peer("oomd (Meta)", "oomd",
       {"-C", rules, "-f", hybrid ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup", "-D",
        (dir / "oomd").string(), "-i", "1", "--kmsg-override", (dir / "kmsg").string()});
  return all;
}

void measure(const Guard& guard, const fs::path& dir, int seconds) {
  const bench::Program program(guard.command, (dir / "output").string());
  ::sleep(5);
  if (!program.running()) {
    std::printf("%-16s did not stay up\n", guard.name.c_str());
    return;
  }
  const bench::Cost before = bench::cost_of(program.pid());
  ::sleep(static_cast<unsigned>(seconds));
  const bench::Cost after = bench::cost_of(program.pid());
  const double minute = 60.0 / seconds;
  std::printf("%-16s %9.0f %9.0f %9.0f %8d %12.1f %13.0f\n", guard.name.c_str(), after.rss_kib,
              after.anon_kib, after.pss_kib, after.threads, (after.cpu_ms - before.cpu_ms) * minute,
              static_cast<double>(after.wakeups - before.wakeups) * minute);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s SPILLWAYD [SECONDS]\n", argv[0]);
    return 2;
  }
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 60;
  std::string pattern = (fs::temp_directory_path() / "spillway-bench-XXXXXX").string();
  const fs::path dir = ::mkdtemp(pattern.data());
  const Ballast ballast;
  const auto all = guards(argv[1], dir);
  std::printf("%-16s %9s %9s %9s %8s %12s %13s\n", "", "RSS KiB", "anon KiB", "PSS KiB", "threads",
              "CPU ms/min", "wake-ups/min");
  for (const Guard& guard : all) measure(guard, dir, seconds);
  fs::remove_all(dir);
  return 0;
}
