#include "demo/budget.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace spillway {
namespace {

/// Without clean pages of files, which the kernel takes back by itself: what the guard counts as used.
Bytes pss_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/smaps_rollup";
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) return {};
  char line[256];
  Bytes sum;
  while (std::fgets(line, sizeof line, file.get())) {
    long long kib = 0;
    if (std::sscanf(line, "Pss_Anon: %lld kB", &kib) == 1 ||
        std::sscanf(line, "Pss_Shmem: %lld kB", &kib) == 1) {
      sum += Bytes{kib << 10};
    }
  }
  return sum;
}

}  // namespace

Budget::Budget(std::string file, Bytes capacity)
    : file_(std::move(file)), capacity_(capacity), thread_([this] { run(); }) {}

Budget::~Budget() {
  stopping_ = true;
  thread_.join();
}

void Budget::members(const std::vector<pid_t>& pids) {
  const std::lock_guard lock(mutex_);
  pids_ = pids;
}

void Budget::run() {
  const std::string next = file_ + ".next";
  while (!stopping_) {
    std::vector<pid_t> pids;
    {
      const std::lock_guard lock(mutex_);
      pids = pids_;
    }
    Bytes sum;
    for (const pid_t pid : pids) sum += pss_of(pid);
    used_ = sum.count;
    if (FILE* file = std::fopen(next.c_str(), "we")) {
      std::fprintf(file, "%lld %lld\n", static_cast<long long>(sum.count),
                   static_cast<long long>(capacity_.count));
      std::fclose(file);
      std::rename(next.c_str(), file_.c_str());  // never half a line
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace spillway
