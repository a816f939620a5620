// One step(now) of the engine: with the real RAM, PSI and swap of this machine, and with invented
// machines of 1,000 to 10,000 tenants on 8 GPUs, calm and short of memory.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "sense/builtin.h"

namespace spillway {
namespace {

constexpr int kGpus = 8;

class InventedGpus final : public Sensor {
 public:
  explicit InventedGpus(double share) : share_(share) {}
  std::string_view name() const override { return "invented"; }
  Result<std::vector<Reading>> read(const Look& look) override {
    std::vector<Reading> readings;
    for (int i = 0; i < kGpus; ++i) {
      readings.push_back(PoolReading{.pool = pool(i),
                                     .used = scaled(24_GiB, share_),
                                     .total = 24_GiB,
                                     .source = "invented",
                                     .taken = look.now});
    }
    return readings;
  }
  static PoolId pool(int i) { return {"vram:GPU-" + std::to_string(i)}; }

 private:
  const double share_;
};

/// Offers memory of every tenant and gives none: the engine is all that is measured.
class InventedTrim final : public Action {
 public:
  std::string_view name() const override { return "invented"; }
  Capability capability() const override { return {"invented", true, {}}; }
  void offers(const Snapshot&, const Tenant& tenant, std::vector<Offer>& out) const override {
    out.push_back({.tenant = tenant.id,
                   .action = "invented",
                   .rung = Rung::trim,
                   .changes = {{tenant.holds.front().pool, -(1_MiB)}}});
  }
  Outcome run(const Step& step, const Tenant&, TimePoint) override { return {.step = step.id}; }
};

void with_real_sensors(benchmark::State& state) {
  SystemClock clock;
  SensorOptions options;
  options.kmsg = false;
  Engine engine({.clock = &clock, .sensors = make_builtin_sensors(options)});
  for (auto _ : state) benchmark::DoNotOptimize(engine.step(clock.now()));
}
BENCHMARK(with_real_sensors)->Unit(benchmark::kMicrosecond);

void with_tenants(benchmark::State& state, double share) {
  SystemClock clock;
  EngineParts parts{.clock = &clock};
  parts.sensors.push_back(std::make_unique<InventedGpus>(share));
  parts.actions.push_back(std::make_unique<InventedTrim>());
  parts.policy.dry_run = true;
  Engine engine(std::move(parts));
  for (int i = 0; i < state.range(0); ++i) {
    engine.add({.id = {"tenant" + std::to_string(i)},
                .abilities = {.trim = true},
                .holds = {{InventedGpus::pool(i % kGpus), 16_MiB}}});
  }
  TimePoint now = clock.now();
  for (auto _ : state) benchmark::DoNotOptimize(engine.step(now += 100ms));
}
BENCHMARK_CAPTURE(with_tenants, calm, 0.50)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);
// As many looks for each number of tenants: the longer the shortage lasts, the more of them have been
// asked already, and the longer a look for another.
BENCHMARK_CAPTURE(with_tenants, critical, 0.91)
    ->Iterations(100)
    ->Repetitions(5)
    ->ReportAggregatesOnly(true)
    ->Arg(1000)
    ->Arg(3000)
    ->Arg(10000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace spillway

BENCHMARK_MAIN();
