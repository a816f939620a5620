#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "act/preserve_store.h"
#include "base/log.h"
#include "capi/backend.h"
#include "capi/driver_vram_sensor.h"
#include "capi/guest_book.h"
#include "capi/options.h"
#include "capi/wake_set.h"
#include "capi/worker_vram_sensor.h"

namespace spillway {

/// The memory control group that this process is in, as in /proc/self/cgroup; "" where there is none.
std::string own_group();

/// The guard inside the program: an engine of its own that asks the program's tenants in process.
class Embedded final : public Backend, private EventSink {
 public:
  /// `log` and `clock` outlive it. Without a store nobody is asked to preserve.
  static Result<std::unique_ptr<Embedded>> open(const ManagerOptions& options,
                                                const std::shared_ptr<GuestBook>& guests,
                                                std::shared_ptr<PreserveStore> store,
                                                const Clock& clock, Log& log);
  ~Embedded() override;

  bool put(const Tenant& tenant) override;
  void remove(const TenantId& tenant, std::string reason) override;
  void demand(Demand demand, std::function<void(const DemandResult&)> done) override;
  TimePoint step(TimePoint now, bool fired) override;
  const Assessment& assessment() const override { return engine_->assessment(); }
  StatusReport status() override { return engine_->status(); }

  /// A step on a tenant has not ended, or a demand is open.
  bool is_busy() const { return !moving_.empty() || open_demands_ > 0; }

  /// What the GPUs' memory pools of this program hold unused; takes a look of its own.
  std::vector<PoolChange> device_caches(TimePoint now);

  /// Waiting for what calls for a step; see WakeSet for the threads.
  WakeSet& wakes() { return *wakes_; }

  /// Another backend takes over: what only looking needs goes until the next step().
  void rest();

 private:
  explicit Embedded(Log& log) : log_(log) {}
  void add_gpus(const ManagerOptions& options, const Clock& clock,
                std::vector<std::unique_ptr<Sensor>>& sensors);
  void take(const Event& event) override;
  void note(const StepStarted& started);
  void note(const StepEnded& ended);
  void note(const LevelChanged& changed);
  void note(const Note& remark);
  template <class Other>
  void note(const Other&) {}

  Log& log_;
  std::set<TenantId> moving_;  // a step on them has not ended
  int open_demands_ = 0;
  DriverVramSensor* vram_ = nullptr;    // the engine's, like the next; null: not watched
  WorkerVramSensor* worker_ = nullptr;  // null: not wanted
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<WakeSet> wakes_;
};

}  // namespace spillway
