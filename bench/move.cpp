// How long an offload of 1.5 GiB of weights and the way back take, beside what the copying alone costs:
//   move [MIB]
// Requests go on meanwhile; the weights move to another place in RAM, as a card's would.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <spillway/spillway.hpp>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// The weights in one place, or in two while they move.
class Weights {
 public:
  explicit Weights(std::size_t bytes) : bytes_(bytes) {
    places_["gpu"].reset(new char[bytes]);
    places_["host"];
    std::memset(places_["gpu"].get(), 1, bytes);
  }
  void copy(const std::string& from, const std::string& to) {
    const auto start = Clock::now();
    places_[to].reset(new char[bytes_]);
    std::memcpy(places_[to].get(), places_[from].get(), bytes_);
    copying = Clock::now() - start;
  }
  void drop(const std::string& place) { places_[place].reset(); }
  int answer(const std::string& place) const { return places_.at(place)[bytes_ / 2]; }

  Clock::duration copying{};

 private:
  const std::size_t bytes_;
  std::map<std::string, std::unique_ptr<char[]>> places_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t mib = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1536;
  Weights weights(mib << 20);
  spillway::MemoryManager memory{{.program = "move", .mode = spillway::Mode::embedded}};
  auto model = memory.register_model({
      .name = "llm",
      .pool = "ram",
      .offload =
          [&] {
            weights.copy("gpu", "host");
            weights.drop("gpu");
          },
      .restore = [&] { weights.copy("host", "gpu"); },
      .release = [&] { weights.drop("host"); },
      .variants = {{"gpu", spillway::Bytes(static_cast<std::int64_t>(mib) << 20)}, {"host"}},
  });
  memory.start_monitoring();

  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread requests([&] {
    while (!done) {
      wrong += model.run([&](const spillway::Place& p) { return weights.answer(p.name); }) != 1;
      std::this_thread::sleep_for(1ms);
    }
  });
  std::printf("%zu MiB     %12s %12s %8s\n", mib, "copying ms", "in all ms", "ratio");
  for (int round = 0; round < 3; ++round) {
    for (const char* way : {"offload", "restore"}) {
      const auto start = Clock::now();
      way[0] == 'o' ? model.offload() : model.restore();
      const double all = ms(Clock::now() - start), copying = ms(weights.copying);
      std::printf("%-12s %12.0f %12.0f %8.2f\n", way, copying, all, all / copying);
    }
  }
  done = true;
  requests.join();
  const auto model_status = memory.status().models();
  for (const auto& each : model_status) {
    if (each.name != "llm") continue;
    std::printf("longest wait of a request: %lld ms while it gave, %lld ms while it came back\n",
                static_cast<long long>(each.longest_give_pause.count()),
                static_cast<long long>(each.longest_restore_pause.count()));
  }
  std::printf("answers wrong: %d\n", wrong.load());
  return wrong != 0;
}
