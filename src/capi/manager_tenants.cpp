#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/fd.h"
#include "capi/builtin_trims.h"
#include "capi/gpu_driver.h"
#include "capi/manager.h"
#include "capi/reply.h"
#include "port/process_handle.h"
#include "port/sys_root.h"

namespace spillway {

namespace {

constexpr Duration kAllocatorLooks = 1s;      // how often the resident set is read
constexpr Bytes kWorthATrim = 1_MiB;          // less is not worth the page faults afterwards
constexpr Duration kHeapLooks = 10s;          // how often the heap is, while nothing is short
constexpr int kBeforeAllOthers = -1'000'000;  // the priority of what nobody misses

std::optional<ProcessKey> this_process() {
  const auto text = SysRoot().read("/proc/self/stat");
  if (!text) return std::nullopt;
  const auto identity = parse_process_stat(*text);
  if (!identity) return std::nullopt;
  return ProcessKey{identity->pid, identity->start_ticks};
}

Status check(const TenantSpec& spec) {
  if (spec.name.empty() || spec.name.size() >= 120) {
    return fail(Errc::invalid, "a tenant's name has 1 to 119 bytes", spec.name);
  }
  if (spec.bytes < Bytes{}) return fail(Errc::invalid, "bytes are negative", spec.name);
  if (spec.idle_unload < Duration::zero()) {
    return fail(Errc::invalid, "idle_unload_ms is negative", spec.name);
  }
  for (const Variant& variant : spec.variants) {
    if (variant.name.empty() || variant.name.size() >= 64) {
      return fail(Errc::invalid, "a variant's name has 1 to 63 bytes", spec.name);
    }
    const auto same = [&](const Variant& other) { return other.name == variant.name; };
    if (std::count_if(spec.variants.begin(), spec.variants.end(), same) > 1) {
      return fail(Errc::invalid, "has two variants of one name", spec.name, variant.name);
    }
    for (const PoolChange& part : variant.bytes) {
      if (part.delta < Bytes{}) return fail(Errc::invalid, "bytes are negative", variant.name);
    }
  }
  return {};
}

}  // namespace

PoolId Manager::own_pool(const std::string& asked) {
  if (!asked.empty()) return PoolId{asked};
  const std::lock_guard lock(stepping_);
  if (!looked_) step_locked(false);
  for (const PoolAssessment& pool : backend().assessment().pools) {
    if (pool.pool.kind() == PoolKind::vram) return pool.pool;
  }
  return kRam;
}

std::string Manager::unique_name(const std::string& wanted) const {
  std::string name = wanted;
  for (int i = 2; tenants_.contains(name); ++i) name = wanted + "#" + std::to_string(i);
  return name;
}

Result<std::shared_ptr<Guest>> Manager::add(TenantSpec spec) {
  if (auto good = check(spec); !good) return tl::unexpected(good.error());
  if (closing_) return fail(Errc::unavailable, "the manager is being destroyed");
  const PoolId own = own_pool(spec.pool);
  for (Variant& variant : spec.variants) {
    for (PoolChange& part : variant.bytes) {
      if (part.pool.text.empty()) part.pool = own;
    }
  }
  Places places(own, spec.bytes, std::move(spec.variants));
  const std::string place = spec.variant.value_or(places.home());
  if (!places.known(place)) return fail(Errc::invalid, "is none of its variants", place);

  const std::lock_guard lock(mutex_);
  const std::string name = unique_name(spec.name);
  auto guest = std::make_shared<Guest>(GuestParts{
      .name = name,
      .places = std::move(places),
      .place = place,
      .callbacks = std::move(spec.callbacks),
      .idle_unload = spec.idle_unload,
      .error_limit = options_.error_limit,
      .error_window = options_.error_window,
      .clock = &clock_,
      .manager = this,
      .keep = [store = store_](const std::string& tenant, std::string_view data) -> Status {
        if (!store) return fail(Errc::unavailable, "there is no directory for preserved state");
        const auto version = store->put(tenant, data);
        return version ? Status() : tl::unexpected(version.error());
      }});
  book_->add(name, guest);
  tenants_.emplace(name, Registered{.guest = guest,
                                    .priority = spec.priority,
                                    .pinned = spec.pinned,
                                    .stop_allowed = spec.stop_allowed,
                                    .since = clock_.now()});
  embedded_->wakes().kick();
  return guest;
}

void Manager::remove(const std::shared_ptr<Guest>& guest) {
  book_->remove(guest->name());
  {
    const std::lock_guard lock(mutex_);
    tenants_.erase(guest->name());
  }
  {
    const std::lock_guard lock(stepping_);
    embedded_->remove(TenantId{guest->name()}, "unregistered");
    if (joined_) joined_->remove(TenantId{guest->name()}, "unregistered");
  }
  guest->close(clock_.now() + callback_deadline());
}

void Manager::tell_backend() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, registered] : tenants_) {
    const GuestState state = registered.guest->state();
    const bool used = state.last_used != registered.told_used;
    if (!registered.dirty && state.version == registered.told &&
        state.busy == registered.told_busy && !used) {
      continue;
    }
    if (backend().put(describe(registered, state))) registered.told = state.version;
    registered.told_busy = state.busy;
    registered.told_used = state.last_used;
    registered.dirty = false;
  }
}

Tenant Manager::describe(const Registered& registered, const GuestState& state) const {
  static const std::optional<ProcessKey> process = this_process();
  Tenant tenant;
  tenant.id = {registered.guest->name()};
  tenant.priority = registered.priority;
  tenant.pinned = registered.pinned;
  tenant.stop_allowed = registered.stop_allowed;
  tenant.uid = ::getuid();
  tenant.process = process;
  tenant.group = own_group_;
  tenant.abilities = registered.guest->abilities();
  // What fell back to the CPU is not brought back before reset_errors().
  if (state.fallen_back) tenant.abilities.restore = false;
  describe_place(*registered.guest, state, tenant);
  tenant.trimmable = registered.trimmable;
  tenant.last_used = state.last_used;
  tenant.busy = state.busy;
  tenant.registered = registered.since;
  return tenant;
}

Status Manager::change(const std::string& tenant, const std::function<void(Registered&)>& edit) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return fail(Errc::not_found, "no such tenant", tenant);
    edit(found->second);
    found->second.dirty = true;
  }
  return {};
}

Status Manager::set_pinned(const std::string& tenant, bool pinned) {
  return change(tenant, [&](Registered& registered) { registered.pinned = pinned; });
}

Status Manager::set_priority(const std::string& tenant, int priority) {
  return change(tenant, [&](Registered& registered) { registered.priority = priority; });
}

Status Manager::set_trimmable(const std::string& tenant, std::optional<Bytes> bytes) {
  return change(tenant, [&](Registered& registered) { registered.trimmable = bytes; });
}

std::vector<std::shared_ptr<Guest>> Manager::guests() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Guest>> out;
  for (const auto& [name, registered] : tenants_) out.push_back(registered.guest);
  return out;
}

TimePoint Manager::unload_idle(TimePoint now) {
  TimePoint next = TimePoint::max();
  std::vector<std::shared_ptr<Guest>> idle;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, registered] : tenants_) {
      const Duration limit = registered.guest->idle_unload();
      if (limit == Duration::zero() || registered.pinned || !registered.guest->abilities().unload) {
        continue;
      }
      const GuestState state = registered.guest->state();
      if (state.busy || state.place.empty()) continue;
      const TimePoint used =
          std::max(state.last_used.value_or(registered.since), registered.unload_asked);
      if (now - used >= limit) {
        registered.unload_asked = now;
        idle.push_back(registered.guest);
      }
      next = std::min(next, std::max(used, registered.unload_asked) + limit);
    }
  }
  for (const auto& guest : idle) {
    // A callback of the program: not on this thread, with a lock held.
    std::thread([guest, until = now + callback_deadline()] {
      (void)guest->unload_idle(until);
    }).detach();
  }
  return next;
}

void Manager::add_allocator() {
  auto callbacks = std::make_unique<TenantCallbacks>();
  callbacks->trim = [](void*, const spillway_ask*, spillway_reply* reply) {
    reply->changes.emplace_back(reply->own_pool, -trim_allocators());
    trim_devices();
    return int{SPILLWAY_OK};
  };
  TenantSpec spec;
  spec.name = options_.program + ".allocator";
  spec.pool = kRam.text;
  spec.priority = kBeforeAllOthers;
  spec.callbacks = std::move(callbacks);
  if (auto guest = add(std::move(spec))) allocator_ = std::move(*guest);
}

void Manager::refresh_allocator(TimePoint now) {
  if (!allocator_ || now < allocator_due_) return;
  allocator_due_ = now + kAllocatorLooks;
  allocator_->set_bytes(kRam, resident_set());
  const auto device_caches = embedded_->device_caches(now);
  for (const PoolChange& cache : device_caches) {
    allocator_->set_bytes(cache.pool, cache.delta);
  }
  if (!device_caches.empty()) return;  // what can be trimmed is in more than one memory
  if (level_ == Level::normal && now < heap_due_) return;
  heap_due_ = now + kHeapLooks;
  const auto free = free_in_allocators();
  (void)set_trimmable(allocator_->name(), free && *free < kWorthATrim ? Bytes{} : free);
}

}  // namespace spillway
