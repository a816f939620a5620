#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "port/child_program.h"
#include "sense/worker_sensors.h"
#include "worker.h"

namespace {

constexpr const char* kUsage =
    "usage: spillway-worker --once | --socket FD   [--root DIR] [--nvml LIBRARY]\n"
    "\n"
    "Reads GPUs through their drivers, which may hang; spillwayd starts it and ends it.\n"
    "  --once           print what is seen now, a line of JSON for each driver\n"
    "  --socket FD      talk to spillwayd through this descriptor\n"
    "  --root DIR       where /proc, /sys and /dev are looked for\n"
    "  --nvml LIBRARY   NVIDIA's library (else SPILLWAY_NVML, else libnvidia-ml.so.1)\n";

struct Options {
  bool once = false;
  std::optional<int> socket;
  spillway::WorkerSensorOptions sensors;
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--once") {
      options.once = true;
      continue;
    }
    if (++i == argc) return std::nullopt;
    if (word == "--root") {
      options.sensors.root = argv[i];
    } else if (word == "--nvml") {
      options.sensors.nvml = argv[i];
    } else if (word == "--socket") {
      const auto fd = spillway::parse_u64(argv[i]);
      if (!fd || *fd > 1024) return std::nullopt;
      options.socket = static_cast<int>(*fd);
    } else {
      return std::nullopt;
    }
  }
  if (options.once == options.socket.has_value()) return std::nullopt;
  return options;
}

/// The daemon's protection from the kernel's OOM killer is not for us: we are easily replaced.
void take_normal_oom_score() {
  const spillway::UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (file && ::write(file.get(), "0", 1) != 1) std::perror("oom_score_adj");
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const spillway::SystemClock clock;
  spillway::Worker worker(spillway::make_worker_sensors(options->sensors), clock);
  if (options->once) {
    std::fputs(worker.once().c_str(), stdout);
    return 0;
  }
  spillway::die_with_parent();
  take_normal_oom_score();
  const int status = worker.run(*options->socket);
  std::_Exit(status);  // no waiting for a driver that hangs: the kernel closes what is open
}
