#include "act/cgroup_reclaim.h"

#include <algorithm>

#include "act/moves.h"
#include "act/outcomes.h"
#include "act/target.h"
#include "base/clock.h"
#include "base/text.h"

namespace spillway {
namespace {

/// Never more than this share of the free swap: its own levels begin at 80 %.
constexpr double kSwapShare = 0.5;
/// Swapping out to a disk, the slow case.
constexpr double kRate = 0.5e9;

PoolId pool_of(const Tenant& tenant) { return {"cgroup:" + tenant.cgroup}; }

std::optional<CgroupHierarchy> reclaiming_groups(const SysRoot& root) {
  auto groups = unified_groups(root);
  if (groups && !root.exists(groups->mount + "/memory.reclaim")) groups.reset();
  return groups;
}

Bytes room_in(const PoolReading* swap) {
  if (swap == nullptr || !swap->total || !swap->used) return {};
  return std::max(Bytes{}, *swap->total - *swap->used - swap->reserved.value_or(Bytes{}));
}

/// With less data in zram its own overhead is most of what it holds, and tells nothing of what comes.
constexpr Bytes kTelling = 1_MiB;

/// Bytes of RAM that a byte swapped to zram still takes there; 0 when swap is on a disk.
double kept_by_zram(const Snapshot& snapshot) {
  if (snapshot.find(kZram) == nullptr) return 0;
  const auto& [data, physical] =
      std::pair(snapshot.memory.zram_data, snapshot.memory.zram_physical);
  return data && physical && *data >= kTelling ? std::min(1.0, ratio(*physical, *data)) : 0.5;
}

/// "SwapFree: 123 kB" of /proc/meminfo (Documentation/filesystems/proc.rst), now.
Bytes swap_free(const SysRoot& root) {
  const auto text = root.read("/proc/meminfo");
  if (!text) return {};
  std::string_view rest = *text;
  while (auto line = next_token(rest, '\n')) {
    if (next_word(*line) != "SwapFree:") continue;
    const auto word = next_word(*line);
    const auto kib = word ? parse_i64(*word) : std::nullopt;
    return {kib && *kib > 0 && *kib < (1LL << 50) ? *kib * 1024 : 0};
  }
  return {};
}

/// What the group holds that nobody else can have without its pages being written somewhere.
struct Holding {
  Bytes anon, dirty, swap;
};

Holding holding(const CgroupHandle& group) {
  const auto stat = [&](const char* key) {
    return Bytes{static_cast<std::int64_t>(group.keyed("memory.stat", key).value_or(0))};
  };
  const auto swap = group.bytes("memory.swap.current");
  return {stat("anon"), stat("file_dirty") + stat("file_writeback"),
          swap ? swap->value_or(Bytes{}) : Bytes{}};
}

}  // namespace

CgroupReclaimAction::CgroupReclaimAction(const SysRoot& root)
    : root_(root), groups_(reclaiming_groups(root)) {}

Capability CgroupReclaimAction::capability() const {
  if (groups_) return {"reclaim", true, "memory.reclaim"};
  return {"reclaim", false,
          "needs cgroup v2 with its memory controller and memory.reclaim (Linux 5.19)"};
}

void CgroupReclaimAction::offers(const Snapshot& snapshot, const Tenant& tenant,
                                 std::vector<Offer>& out) const {
  if (!groups_ || tenant.pinned || tenant.cgroup.empty() || tenant.cgroup == "/") return;
  const PoolId own = pool_of(tenant);
  const PoolReading* group = snapshot.find(own);
  const Bytes held = group && group->used ? *group->used : tenant.held_in(kRam);
  const Bytes anon = std::min(held, scaled(room_in(snapshot.find(kSwap)), kSwapShare));
  const Bytes file = group ? group->cache.value_or(Bytes{}) : Bytes{};

  std::vector<PoolChange> changes;
  if (anon > Bytes{}) {
    const double kept = kept_by_zram(snapshot);
    changes = {{kRam, -scaled(anon, 1 - kept)}, {kSwap, anon}};
    if (kept > 0) changes.push_back({kZram, scaled(anon, kept)});
  }
  if (group != nullptr && anon + file > Bytes{}) changes.push_back({own, -(anon + file)});
  if (changes.empty()) return;
  const Duration cost = from_seconds(static_cast<double>((anon + file).count) / kRate);
  out.push_back({.tenant = tenant.id,
                 .action = "reclaim",
                 .rung = Rung::reclaim,
                 .changes = difference({}, changes),
                 .cost_give = cost,
                 .cost_restore = cost,
                 .sure = false});
}

Outcome CgroupReclaimAction::run(const Step& step, const Tenant& tenant, TimePoint deadline) {
  if (step.direction == Direction::restore) return skipped(step, "pages return when touched");
  const auto group = open_scope(root_, groups_, tenant);
  if (!group) return skipped(step, to_string(group.error()));

  const SystemClock clock;
  const Holding before = holding(*group);
  const Bytes wanted = step.target > Bytes{} ? step.target : before.anon;
  const auto file = group->reclaim(wanted, true, deadline - clock.now());
  if (!file) return failed(step, file.error());
  const Bytes room = scaled(swap_free(root_), kSwapShare);
  const auto anon = group->reclaim(std::min(wanted, room), false, deadline - clock.now());
  if (!anon) return failed(step, anon.error());

  const Holding after = holding(*group);
  const Bytes freed = before.anon - after.anon;
  Outcome outcome = done(step);
  outcome.claimed = difference({}, {{kRam, -freed},
                                    {kSwap, after.swap - before.swap},
                                    {pool_of(tenant), -(freed + before.dirty - after.dirty)}});
  outcome.detail = to_string(*file) + " of file pages";
  return outcome;
}

}  // namespace spillway
