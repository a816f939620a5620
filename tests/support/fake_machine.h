#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sense/sensor.h"

namespace spillway::support {

/// A machine that consists of figures: pools that a test fills and that fake programs free. Any
/// thread. Its sensors outlive it in an engine.
class FakeMachine {
 public:
  void set(const PoolId& pool, Bytes used, Bytes total) {
    with([&](State& s) { s.pools[pool] = {used, total}; });
  }
  void add(const PoolId& pool, Bytes change) {
    with([&](State& s) { s.pools[pool].first += change; });
  }
  void remove(const PoolId& pool) {
    with([&](State& s) { s.pools.erase(pool); });
  }
  Bytes used(const PoolId& pool) const {
    const std::lock_guard lock(state_->mutex);
    return state_->pools.at(pool).first;
  }
  /// From now on reading fails, until it is given nothing.
  void break_with(std::optional<std::string> error) {
    with([&](State& s) { s.error = std::move(error); });
  }
  /// Told once, at the next look.
  void happen(Reading reading) {
    with([&](State& s) { s.once.push_back(std::move(reading)); });
  }
  /// Found by every scan of owners.
  void hold(ProcessReading process) {
    with([&](State& s) { s.processes.push_back(std::move(process)); });
  }
  int scans() const {
    const std::lock_guard lock(state_->mutex);
    return state_->scans;
  }

  /// Looks that were told of an event.
  int events() const {
    const std::lock_guard lock(state_->mutex);
    return state_->events;
  }

  std::unique_ptr<Sensor> sensor() const { return std::make_unique<FakeSensor>(state_); }

 private:
  struct State {
    std::mutex mutex;
    std::map<PoolId, std::pair<Bytes, Bytes>> pools;
    std::vector<Reading> once;
    std::vector<ProcessReading> processes;
    std::optional<std::string> error;
    int scans = 0;
    int events = 0;
  };

  class FakeSensor final : public Sensor {
   public:
    explicit FakeSensor(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::string_view name() const override { return "fake"; }
    Result<std::vector<Reading>> read(const Look& look) override {
      const std::lock_guard lock(state_->mutex);
      if (state_->error) return fail(Errc::io, *state_->error, "/fake");
      if (look.event) ++state_->events;
      std::vector<Reading> readings = std::exchange(state_->once, {});
      for (const auto& [pool, figures] : state_->pools) {
        readings.push_back(PoolReading{.pool = pool,
                                       .used = figures.first,
                                       .total = figures.second,
                                       .source = "fake",
                                       .taken = look.now});
      }
      if (look.owners) {
        ++state_->scans;
        readings.insert(readings.end(), state_->processes.begin(), state_->processes.end());
      }
      return readings;
    }
    void capabilities(std::vector<Capability>& out) const override {
      const std::lock_guard lock(state_->mutex);
      out.push_back({"fake", !state_->error, state_->error.value_or("figures")});
    }

   private:
    std::shared_ptr<State> state_;
  };

  template <class F>
  void with(F change) {
    const std::lock_guard lock(state_->mutex);
    change(*state_);
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace spillway::support
