#include "capi/embedded.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "act/callback.h"
#include "act/preserve.h"
#include "act/refuse.h"
#include "port/cgroup_fs.h"
#include "port/sys_root.h"
#include "sense/cgroup.h"
#include "sense/gpu_device.h"
#include "sense/injected.h"
#include "sense/meminfo.h"
#include "sense/psi.h"
#include "sense/swap.h"

namespace spillway {

namespace {

/// Whether a limit stands above what the group holds, a container's for one. Without any its files
/// would be read ten times a second for nothing.
bool is_limited(const SysRoot& root, const std::string& group) {
  if (group.empty()) return false;
  const auto readings = CgroupSensor(root, {group}, false).read({});
  return readings && std::any_of(readings->begin(), readings->end(), [](const Reading& reading) {
           const auto* pool = std::get_if<PoolReading>(&reading);
           return pool != nullptr && pool->total.has_value();
         });
}

std::vector<std::unique_ptr<Sensor>> make_sensors(const ManagerOptions& options) {
  const SysRoot root;
  std::vector<std::unique_ptr<Sensor>> sensors;
  std::vector<std::string> groups = options.cgroups;
  if (!options.only_given_pools) {
    sensors.push_back(std::make_unique<MeminfoSensor>(root));
    sensors.push_back(std::make_unique<SwapSensor>(root));
    sensors.push_back(std::make_unique<PsiSensor>(
        root, true, std::initializer_list<StallResource>{StallResource::memory}));
    if (auto own = own_group(); is_limited(root, own)) groups.push_back(std::move(own));
  }
  if (!groups.empty()) sensors.push_back(std::make_unique<CgroupSensor>(root, groups, true));
  for (const auto& pool : options.injected) {
    sensors.push_back(std::make_unique<InjectedSensor>(root, pool.name, pool.path));
  }
  return sensors;
}

std::string amounts(const std::vector<PoolChange>& changes) {
  std::string text;
  for (const PoolChange& change : changes) {
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", change.pool.text, to_string(change.delta));
  }
  return text.empty() ? "nothing" : text;
}

std::string words(const Step& step) {
  return fmt::format("{}{} of {}", step.direction == Direction::restore ? "giving back the " : "",
                     name(step.rung), step.tenant.text);
}

std::string line(const Step& step, const Outcome& outcome) {
  std::string text =
      fmt::format("{}: {} for {}", words(step), name(outcome.status), step.pool.text);
  if (!outcome.error.empty()) return text + ": " + outcome.error;
  return text + fmt::format(": claimed {}, measured {}, took {}", amounts(outcome.claimed),
                            amounts(outcome.measured), to_string(outcome.took));
}

}  // namespace

std::string own_group() {
  const auto groups = CgroupFs::locate(SysRoot());
  if (!groups) return {};
  return groups->group_of(::getpid()).value_or("");
}

Result<std::unique_ptr<Embedded>> Embedded::open(const ManagerOptions& options,
                                                 const std::shared_ptr<GuestBook>& guests,
                                                 std::shared_ptr<PreserveStore> store,
                                                 const Clock& clock, Log& log) {
  std::unique_ptr<Embedded> self(new Embedded(log));
  EngineParts parts;
  parts.clock = &clock;
  parts.policy = options.policy;
  parts.sensors = make_sensors(options);
  if (!options.only_given_pools) self->add_gpus(options, clock, parts.sensors);
  for (const Rung rung : {Rung::trim, Rung::unload_idle, Rung::shrink, Rung::offload}) {
    parts.actions.push_back(std::make_unique<CallbackAction>(rung, guests));
  }
  parts.actions.push_back(std::make_unique<PreserveAction>(guests, std::move(store)));
  parts.actions.push_back(std::make_unique<RefuseAction>(std::make_shared<Refusals>()));
  parts.sink = self.get();
  parts.source = "embedded";
  self->engine_ = std::make_unique<Engine>(std::move(parts));
  auto wakes = WakeSet::open(self->engine_->wake_fd());
  if (!wakes) return tl::unexpected(wakes.error());
  self->wakes_ = std::make_unique<WakeSet>(std::move(*wakes));
  return self;
}

Embedded::~Embedded() = default;

void Embedded::add_gpus(const ManagerOptions& options, const Clock& clock,
                        std::vector<std::unique_ptr<Sensor>>& sensors) {
  auto vram = std::make_unique<DriverVramSensor>(clock);
  vram_ = vram.get();
  sensors.push_back(std::move(vram));
  if (options.worker.empty()) return;
  auto worker = std::make_unique<WorkerVramSensor>(
      *vram_, WorkerOptions{.program = options.worker,
                            .inventory = [] { return gpu_inventory(SysRoot()); }});
  worker_ = worker.get();
  sensors.push_back(std::move(worker));
}

void Embedded::rest() {
  wakes_->watch({});
  if (worker_ != nullptr) worker_->rest();
}

bool Embedded::put(const Tenant& tenant) {
  const bool moving = moving_.contains(tenant.id);
  const bool known = engine_->update(tenant.id, [&](Tenant& now) {
    now.priority = tenant.priority;
    now.pinned = tenant.pinned;
    now.stop_allowed = tenant.stop_allowed;
    now.abilities = tenant.abilities;
    now.trimmable = tenant.trimmable;
    now.last_used = tenant.last_used;
    now.busy = tenant.busy;
    // While a step runs the engine knows better what is on its way; afterwards the tenant does.
    if (moving) return;
    now.variants = tenant.variants;
    now.holds = tenant.holds;
    if (now.variant == tenant.variant) return;
    now.variant = tenant.variant;
    now.taken = tenant.taken;
  });
  if (!known) engine_->add(tenant);
  return !moving;
}

void Embedded::remove(const TenantId& tenant, std::string reason) {
  engine_->remove(tenant, std::move(reason));
  moving_.erase(tenant);
}

void Embedded::demand(Demand demand, std::function<void(const DemandResult&)> done) {
  ++open_demands_;
  engine_->demand(std::move(demand), [this, done = std::move(done)](const DemandResult& result) {
    --open_demands_;
    done(result);
  });
  wakes_->kick();
}

std::vector<PoolChange> Embedded::device_caches(TimePoint now) {
  if (vram_ == nullptr) return {};
  (void)vram_->read({.now = now});
  return vram_->caches();
}

TimePoint Embedded::step(TimePoint now, bool fired) {
  if (fired) engine_->noticed(now);
  const TimePoint next = engine_->step(now);
  wakes_->watch(engine_->wake_fds());
  return next;
}

void Embedded::take(const Event& event) {
  std::visit([this](const auto& happened) { note(happened); }, event);
}

void Embedded::note(const StepStarted& started) {
  moving_.insert(started.step.tenant);
  log_.write(Severity::info, words(started.step) + ": " + started.step.reason);
}

void Embedded::note(const StepEnded& ended) {
  moving_.erase(ended.step.tenant);
  const StepStatus status = ended.outcome.status;
  const bool good = status == StepStatus::done || status == StepStatus::dry_run;
  log_.write(good ? Severity::info : Severity::warning, line(ended.step, ended.outcome));
}

void Embedded::note(const LevelChanged& changed) {
  log_.write(changed.now.level > changed.from ? Severity::warning : Severity::info,
             fmt::format("{} {} -> {}: {}", changed.now.pool.text, name(changed.from),
                         name(changed.now.level), changed.now.evidence));
}

void Embedded::note(const Note& remark) { log_.write(Severity::info, remark.text); }

}  // namespace spillway
