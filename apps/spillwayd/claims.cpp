#include "claims.h"

#include <algorithm>
#include <cstdint>

#include "port/process_handle.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr std::size_t kMostEntries = 64;  // variants, pools of one, measures in force
constexpr int kMostPriority = 1'000'000;
constexpr std::int64_t kMost = std::int64_t{1} << 50;  // bytes: sums of these do not overflow

Status too_many(const char* what) {
  return fail(Errc::invalid, std::string("too many ") + what, {},
              "at most " + std::to_string(kMostEntries));
}

/// What is held is positive, and small enough that sums of it are right.
Status check_held(const std::vector<PoolChange>& held, const char* what) {
  if (held.size() > kMostEntries) return too_many(what);
  for (const PoolChange& change : held) {
    if (auto good = check_name(change.pool.text); !good) return good;
    if (change.delta < Bytes{0} || change.delta.count > kMost) {
      return fail(Errc::invalid, "not an amount a pool holds", change.pool.text);
    }
  }
  return {};
}

}  // namespace

Status check_name(const std::string& name) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
  if (!name.empty() && name.size() <= kLongestName && plain) return {};
  return fail(Errc::invalid, "not a usable name", name.substr(0, kLongestName),
              "1 to 100 bytes, no control characters");
}

Status check_amounts(const Tenant& tenant) {
  if (auto good = check_held(tenant.holds, "pools"); !good) return good;
  if (tenant.trimmable && *tenant.trimmable < Bytes{0}) {
    return fail(Errc::invalid, "trimmable_bytes is negative");
  }
  if (tenant.variants.size() > kMostEntries) return too_many("variants");
  for (const Variant& variant : tenant.variants) {
    if (auto good = check_name(variant.name); !good) return good;
    if (auto good = check_held(variant.bytes, "pools of a variant"); !good) return good;
  }
  if (tenant.taken.size() > kMostEntries) return too_many("measures in force");
  for (const Taken& taken : tenant.taken) {
    if (taken.changes.size() > kMostEntries) return too_many("changes");
    for (const PoolChange& change : taken.changes) {
      if (change.delta.count > kMost || change.delta.count < -kMost) {
        return fail(Errc::invalid, "not an amount a pool holds", change.pool.text);
      }
    }
  }
  return {};
}

Result<Tenant> Claims::check(Tenant claimed, const Peer& peer, bool operates, TimePoint now) const {
  if (auto good = check_name(claimed.id.text); !good) return tl::unexpected(good.error());
  if (auto good = check_amounts(claimed); !good) return tl::unexpected(good.error());
  claimed.priority = std::clamp(claimed.priority, -kMostPriority, kMostPriority);
  claimed.uid = peer.uid;
  if (auto known = identify(claimed, peer, operates); !known) {
    return tl::unexpected(known.error());
  }
  claimed.registered = now;
  claimed.connected = true;
  if (claimed.last_used) claimed.last_used = std::min(*claimed.last_used, now);
  for (Taken& taken : claimed.taken) taken.since = std::min(taken.since, now);
  return claimed;
}

Status Claims::identify(Tenant& tenant, const Peer& peer, bool operates) const {
  if (!tenant.process && peer.pid > 0) tenant.process = ProcessKey{peer.pid, 0};
  if (!tenant.process) {
    tenant.cgroup.clear();  // a process of another pid namespace cannot be shown to be in it
    return {};
  }
  ProcessKey& key = *tenant.process;
  const std::string which = "process " + std::to_string(key.pid);
  const auto handle = ProcessHandle::open(
      key.pid, key.start_ticks != 0 ? std::optional(key.start_ticks) : std::nullopt);
  if (!handle) {
    return fail(Errc::invalid, "there is no such process", which, to_string(handle.error()));
  }
  if (handle->uid() != peer.uid && !operates) {
    return fail(Errc::denied, "the process belongs to user " + std::to_string(handle->uid()), which,
                "register processes of your own");
  }
  key.start_ticks = handle->start_ticks();
  tenant.uid = handle->uid();
  if (tenant.cgroup.empty()) return {};
  const auto group = groups_ == nullptr
                         ? Result<std::string>(fail(Errc::unsupported, "there are no cgroups here"))
                         : groups_->group_of(key.pid);
  if (!group || *group != tenant.cgroup) {
    return fail(Errc::denied, "the process is not in that cgroup", tenant.cgroup,
                group ? "it is in " + *group : to_string(group.error()));
  }
  return {};
}

}  // namespace spillway
