#include "capi/driver_vram_sensor.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "capi/gpu_driver.h"

namespace spillway {

namespace {

constexpr auto kFresh = std::chrono::milliseconds(2);
constexpr auto kAtTheEnd = std::chrono::milliseconds(100);

}  // namespace

struct DriverVramSensor::State {
  explicit State(const Clock& c) : clock(c) {}

  const Clock& clock;
  std::mutex mutex;  // guards all below but the drivers, which are the thread's once it runs
  std::condition_variable changed;
  unsigned long long libraries = 0;  // when drivers were looked for
  std::unique_ptr<GpuDriver> cuda, hip;
  std::uint64_t wanted = 0, read = 0;  // numbers of readings
  bool stopping = false, stopped = false;
  std::vector<DeviceMemory> devices;
  TimePoint taken;
  std::optional<Error> error;
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || wanted != read; });
      if (stopping) break;
      const std::uint64_t number = wanted;
      GpuDriver* const drivers[] = {cuda.get(), hip.get()};
      lock.unlock();
      const TimePoint now = clock.now();
      std::vector<DeviceMemory> found;
      std::optional<Error> failure;
      for (GpuDriver* driver : drivers) {
        if (driver == nullptr) continue;
        auto memory = driver->read();
        if (!memory) {
          failure = memory.error();
        } else {
          found.insert(found.end(), memory->begin(), memory->end());
        }
      }
      lock.lock();
      read = number;
      taken = now;
      devices = std::move(found);
      error = std::move(failure);
      changed.notify_all();
    }
    stopped = true;
    changed.notify_all();
  }
};

DriverVramSensor::DriverVramSensor(const Clock& clock) : state_(std::make_shared<State>(clock)) {}

DriverVramSensor::~DriverVramSensor() {
  std::unique_lock lock(state_->mutex);
  if (!state_->thread.joinable()) return;
  state_->stopping = true;
  state_->changed.notify_all();
  const bool ended = state_->changed.wait_for(lock, kAtTheEnd, [&] { return state_->stopped; });
  std::thread thread = std::move(state_->thread);
  lock.unlock();
  ended ? thread.join() : thread.detach();
}

bool DriverVramSensor::find_drivers() {
  if (const auto loaded = libraries_loaded(); loaded != state_->libraries) {
    state_->libraries = loaded;
    if (!state_->cuda) state_->cuda = loaded_cuda();
    if (!state_->hip) state_->hip = loaded_hip();
  }
  if (!state_->cuda && !state_->hip) return false;
  if (!state_->thread.joinable()) {
    state_->thread = std::thread([state = state_] { state->run(); });
  }
  return true;
}

Result<std::vector<Reading>> DriverVramSensor::read(const Look&) {
  std::unique_lock lock(state_->mutex);
  std::vector<Reading> out;
  if (!find_drivers()) return out;
  const std::uint64_t number = ++state_->wanted;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, kFresh, [&] { return state_->read >= number; });
  if (state_->error) return tl::unexpected(*state_->error);
  for (const DeviceMemory& device : state_->devices) {
    PoolReading reading{};
    reading.pool = device.pool;
    reading.used = device.used;
    reading.total = device.total;
    reading.source = name();
    reading.taken = state_->taken;
    out.emplace_back(std::move(reading));
  }
  return out;
}

bool DriverVramSensor::is_in_use() const {
  const std::lock_guard lock(state_->mutex);
  return state_->cuda || state_->hip;
}

std::vector<PoolChange> DriverVramSensor::caches() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<PoolChange> out;
  for (const DeviceMemory& device : state_->devices) out.push_back({device.pool, device.cached});
  return out;
}

}  // namespace spillway
