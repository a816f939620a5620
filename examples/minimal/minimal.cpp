// The smallest program worth guarding: one model, held in memory while there is room and read from its
// file while there is not. It answers either way. While it runs, try (with or without spillwayd)
//
//   spillway ps                 what it holds and what it can give back
//   spillway offload minimal    take its memory; `spillway restore minimal` brings it back
//
// With a file as its argument it watches that file as a memory of its own ("USED CAPACITY" in bytes),
// so that pressure can be played: echo "950000000 1000000000" > FILE.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <numeric>
#include <spillway/spillway.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace spillway::literals;

namespace {

constexpr std::size_t kWeights = std::size_t{16} << 20;  // 64 MiB of floats
constexpr std::size_t kUsed = 1000;                      // of them, for one answer

/// Its weights in memory, or the few it needs from the file.
class Weights {
 public:
  Weights() : memory_(kWeights) {
    std::iota(memory_.begin(), memory_.end(), 0.0F);
    std::fwrite(memory_.data(), sizeof(float), kWeights, file_);
  }
  ~Weights() { std::fclose(file_); }
  Weights(const Weights&) = delete;
  Weights& operator=(const Weights&) = delete;

  void load() { memory_ = read(0, kWeights); }
  void drop() { memory_ = std::vector<float>(); }

  float answer(std::size_t question, bool in_memory) const {
    const std::size_t first = question % (kWeights - kUsed);
    const auto from = memory_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto part = in_memory ? std::vector(from, from + kUsed) : read(first, kUsed);
    return std::accumulate(part.begin(), part.end(), 0.0F);
  }

 private:
  std::vector<float> read(std::size_t first, std::size_t count) const {
    std::vector<float> part(count);
    std::fseek(file_, static_cast<long>(first * sizeof(float)), SEEK_SET);
    part.resize(std::fread(part.data(), sizeof(float), count, file_));
    return part;
  }

  std::FILE* const file_ = std::tmpfile();
  std::vector<float> memory_;
};

}  // namespace

int main(int argc, char** argv) {
  spillway::Options options{.check_interval = 500ms, .program = "minimal"};
  std::string pool = "ram";
  if (argc > 1) {
    options.injected = {{"played", argv[1]}};
    options.mode = spillway::Mode::embedded;
    pool = "injected:played";
  }
  spillway::MemoryManager memory{options};
  memory.on_change([](spillway::Level, const spillway::Status& status) {
    std::cout << status.summary() << std::endl;
  });

  Weights weights;
  auto model = memory.register_model({.name = "minimal",
                                      .pool = pool,
                                      .offload = [&] { weights.drop(); },
                                      .restore = [&] { weights.load(); },
                                      .variants = {{"memory", 64_MiB}, {"disk"}}});
  memory.start_monitoring();

  for (std::size_t question = 0;; ++question) {
    const std::string line = model.run([&](const spillway::Place& where) {
      const float sum = weights.answer(question * 4711, where.name == "memory");
      return "question " + std::to_string(question) + ": " + std::to_string(sum) + " from " +
             where.name;
    });
    if (question % 10 == 0) std::cout << line << std::endl;
    std::this_thread::sleep_for(100ms);
  }
}
