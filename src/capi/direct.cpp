#include "capi/direct.h"

#include <thread>

#include "engine/engine.h"
#include "sense/builtin.h"

namespace spillway {

namespace {

constexpr Duration kBetweenLooks = 100ms;

EngineParts parts(DirectOptions options, const Clock& clock) {
  SensorOptions sensors;
  sensors.cgroups = std::move(options.cgroups);
  sensors.injected = std::move(options.injected);
  sensors.psi_triggers = false;  // nobody waits for them
  EngineParts parts;
  parts.clock = &clock;
  parts.policy = std::move(options.policy);
  parts.sensors = make_builtin_sensors(sensors);
  parts.source = "direct";
  return parts;
}

}  // namespace

struct Direct::Impl {
  Impl(DirectOptions options, const Clock& its_clock)
      : clock(its_clock), looked(!options.rates), engine(parts(std::move(options), its_clock)) {}
  const Clock& clock;
  bool looked;
  Engine engine;
};

Direct::Direct(DirectOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}

Direct::~Direct() = default;

StatusReport Direct::look(bool owners) {
  if (!impl_->looked) {
    impl_->engine.step(impl_->clock.now());
    std::this_thread::sleep_for(kBetweenLooks);
    impl_->looked = true;
  }
  (void)impl_->engine.status(owners);  // says what the next look is to include
  impl_->engine.step(impl_->clock.now());
  return impl_->engine.status();
}

}  // namespace spillway
