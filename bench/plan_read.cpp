// Reading what the headers of large models say, each in a process of its own:
//   plan_read [MODEL...]
// Without arguments models of sparse files are made in a temporary folder. Cold: the page cache was told to
// forget the files (posix_fadvise) before the process began; their metadata stays.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fit/files/open_model.h"
#include "fit/shape.h"
#include "tests/support/gguf_models.h"
#include "tests/support/safetensors_writer.h"

namespace {

namespace fs = std::filesystem;
using namespace spillway;

struct Measured {
  double first_ms = 0, best_ms = 0;
  long rss_kib = 0;
  std::size_t files = 0, tensors = 0;
  std::int64_t bytes = 0, read = 0;
};

double milliseconds(const std::string& path, fit::ModelFile& out) {
  const auto begin = std::chrono::steady_clock::now();
  auto file = fit::open_model(path, {});
  const bool good = file && fit::shape_of(*file);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  if (!good) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(),
                 file ? "no shape" : to_string(file.error()).c_str());
    _exit(1);
  }
  out = std::move(*file);
  return took.count();
}

// Not getrusage(2): its figure outlives exec, and would be that of the program that made the models.
long peak_rss_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kib = 0;
  while (status >> word) {
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  return 0;
}

// What `plan_read --measure TIMES MODEL` does, into its standard output.
int measure_here(int times, const std::string& path) {
  Measured m;
  fit::ModelFile file;
  m.first_ms = m.best_ms = milliseconds(path, file);
  m.rss_kib = peak_rss_kib();
  for (int i = 1; i < times; ++i) m.best_ms = std::min(m.best_ms, milliseconds(path, file));
  m.files = file.files.size();
  m.tensors = file.tensors.size();
  m.bytes = file.on_disk.count;
  m.read = file.bytes_read.count;
  return ::write(STDOUT_FILENO, &m, sizeof m) == sizeof m ? 0 : 1;
}

// In a program of its own, whose memory nothing else has touched.
bool measure(const std::string& path, const char* times, Measured& out) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execl("/proc/self/exe", "plan_read", "--measure", times, path.c_str(), nullptr);
    _exit(1);
  }
  ::close(ends[1]);
  const bool got = ::read(ends[0], &out, sizeof out) == sizeof out;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return got && status == 0;
}

void forget(const std::string& path) {
  const auto drop = [](const fs::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ::fdatasync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
  };
  if (!fs::is_directory(path)) return drop(path);
  for (const auto& entry : fs::directory_iterator(path)) drop(entry.path());
}

int row(const std::string& path) {
  Measured cold, warm;
  forget(path);
  if (!measure(path, "1", cold) || !measure(path, "20", warm)) return 1;
  std::printf("%-24s %6zu %8zu %9.1f %9.2f %9.2f %9.2f %10.1f %9.0f\n",
              fs::path(path).filename().c_str(), warm.files, warm.tensors,
              static_cast<double>(warm.bytes) / 1e9, cold.first_ms, warm.first_ms, warm.best_ms,
              static_cast<double>(cold.rss_kib) / 1024, static_cast<double>(warm.read) / 1024);
  return 0;
}

void make_models(const std::string& folder) {
  fs::create_directories(folder + "/safetensors-100GB");
  support::write_sharded(folder + "/safetensors-100GB", 50, 60, 100'000'000'000);
  support::gguf_model({.type = 12, .output_type = 14}, 128256)
      .words("tokenizer.ggml.merges", 280147)
      .array("tokenizer.ggml.token_type", std::vector<std::int32_t>(128256, 1))
      .write(folder + "/8B-Q4_K.gguf");
  support::gguf_model({.architecture = "gemma3",
                       .layers = 62,
                       .embedding = 5376,
                       .heads = 32,
                       .kv_heads = 16,
                       .feed_forward = 21504,
                       .vocabulary = 262144,
                       .window = 1024,
                       .tied = true,
                       .qk_norm = true,
                       .four_norms = true},
                      262144)
      .write(folder + "/27B-F16.gguf");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> paths(argv + 1, argv + argc);
  if (paths.size() == 3 && paths[0] == "--measure") {
    return measure_here(std::atoi(paths[1].c_str()), paths[2]);
  }
  std::string made;
  if (paths.empty()) {
    made = (fs::temp_directory_path() / "spillway-bench-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) return 1;
    make_models(made);
    for (const auto& entry : fs::directory_iterator(made)) paths.push_back(entry.path().string());
  }
  std::printf("%-24s %6s %8s %9s %9s %9s %9s %10s %9s\n", "", "files", "tensors", "GB", "cold ms",
              "warm ms", "best ms", "RSS MiB", "read KiB");
  int failed = 0;
  for (const std::string& path : paths) failed |= row(path);
  if (!made.empty()) fs::remove_all(made);
  return failed;
}
