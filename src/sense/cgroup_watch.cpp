#include "sense/cgroup_watch.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "sense/fields.h"
#include "sense/psi.h"

namespace spillway {
namespace {

/// Where v1 wakes: at the default levels, as shares of the limit.
constexpr std::array kAlarmShares{0.80, 0.90, 0.95, 0.98};

struct FileNames {
  const char *usage, *limit, *high, *swap, *pressure, *events;
};
constexpr FileNames kNamesV2{"/memory.current",      "/memory.max",      "/memory.high",
                             "/memory.swap.current", "/memory.pressure", "/memory.events"};
constexpr FileNames kNamesV1{
    "/memory.usage_in_bytes", "/memory.limit_in_bytes", nullptr, nullptr, nullptr,
    "/memory.oom_control"};

const FileNames& names_of(CgroupVersion version) {
  return version == CgroupVersion::v2 ? kNamesV2 : kNamesV1;
}

std::optional<Bytes> least(std::optional<Bytes> a, std::optional<Bytes> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

/// A part that this kernel leaves out is not a failure: nullopt.
template <class T>
Result<std::optional<T>> unless_absent(Result<T> part) {
  if (part) return std::optional<T>(*std::move(part));
  if (is_absent(part.error())) return std::nullopt;
  return tl::unexpected(std::move(part).error());
}

}  // namespace

CgroupWatch::CgroupWatch(SysRoot root, CgroupHierarchy hierarchy, std::string group,
                         bool with_trigger)
    : root_(std::move(root)),
      hierarchy_(std::move(hierarchy)),
      group_(std::move(group)),
      pool_{"cgroup:" + group_},
      with_trigger_(with_trigger) {}

CgroupWatch::Level CgroupWatch::level_in(const std::string& directory) const {
  const FileNames& names = names_of(hierarchy_.version);
  Level level{{root_, directory + names.usage},
              {root_, directory + names.limit},
              {root_, directory + "/memory.stat"},
              {}};
  if (names.high != nullptr) level.high.emplace(root_, directory + names.high);
  return level;
}

void CgroupWatch::open() {
  const FileNames& names = names_of(hierarchy_.version);
  for (const std::string& directory : hierarchy_.chain(group_)) {
    // The root group of v2 has no limit and no such files.
    const bool limited = root_.exists(directory + names.limit);
    if (levels_.empty() && !limited) return;
    if (levels_.empty()) directory_ = directory;
    if (limited) levels_.push_back(level_in(directory));
  }
  if (levels_.empty()) return;
  if (names.swap != nullptr) swap_.emplace(root_, directory_ + names.swap);
  if (names.pressure != nullptr) pressure_.emplace(root_, directory_ + names.pressure);
  events_.emplace(root_, directory_ + names.events);
}

void CgroupWatch::close() {
  levels_.clear();
  swap_.reset();
  pressure_.reset();
  events_.reset();
  kills_.reset();
  trigger_.reset();
  alarm_.reset();
  armed_group_ = -1;
}

Result<std::optional<Bytes>> CgroupWatch::limit_of(Level& level) {
  auto limit = parsed(level.limit, &parse_limit);
  if (!limit || !level.high) return limit;
  auto high = parsed(*level.high, &parse_limit);
  if (!high) return high;
  return least(*limit, *high);
}

Result<CgroupFigures> CgroupWatch::figures_of(Level& level, std::optional<Bytes> limit) {
  const auto usage = parsed(level.usage, &parse_count);
  if (!usage) return tl::unexpected(usage.error());
  const auto stat = parsed(level.stat, v2() ? &parse_cgroup_stat_v2 : &parse_cgroup_stat_v1);
  if (!stat) return tl::unexpected(stat.error());
  const Bytes cache = std::min(stat->cache(), *usage);
  // v1 says the least limit of all ancestors, also of those that are not mounted here.
  return CgroupFigures{*usage - cache, cache, least(limit, stat->hierarchical_limit), stat->swap};
}

Result<PoolReading> CgroupWatch::read_pool() {
  auto limit = limit_of(levels_.front());
  if (!limit) return tl::unexpected(std::move(limit).error());
  const auto own = figures_of(levels_.front(), *limit);
  if (!own) return tl::unexpected(own.error());

  PoolReading pool{.pool = pool_,
                   .used = own->used,
                   .total = own->limit,
                   .cache = own->cache,
                   .source = pool_.text};
  std::optional<Bytes> room;
  if (own->limit) room = *own->limit - own->used;
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    limit = limit_of(levels_[i]);
    if (!limit) return tl::unexpected(std::move(limit).error());
    if (!*limit) continue;
    const auto above = figures_of(levels_[i], *limit);
    if (!above) return tl::unexpected(above.error());
    const Bytes above_room = *above->limit - above->used;
    if (room && *room <= above_room) continue;
    room = above_room;
    pool.total = above->limit;
    pool.reserved = std::max(Bytes{}, above->used - own->used);
  }
  keep_armed(own->limit);
  auto swap = read_swap(*own);
  if (!swap) return tl::unexpected(std::move(swap).error());
  pool.swapped = *swap;
  return pool;
}

Result<std::optional<Bytes>> CgroupWatch::read_swap(const CgroupFigures& own) {
  if (!swap_) return own.swap;
  return unless_absent(parsed(*swap_, &parse_count));
}

Status CgroupWatch::read_stalls(TimePoint now, std::vector<Reading>& out) {
  if (!pressure_) return {};
  const auto totals = unless_absent(parsed(*pressure_, &parse_pressure));
  if (!totals) return tl::unexpected(totals.error());
  if (*totals) {
    out.push_back(StallReading{.resource = StallResource::memory,
                               .scope = pool_,
                               .some = (*totals)->some,
                               .full = (*totals)->full,
                               .taken = now});
  }
  return {};
}

Status CgroupWatch::read_kills(TimePoint now, std::vector<Reading>& out) {
  const auto kills = unless_absent(parsed(*events_, &parse_oom_kills));
  if (!kills) return tl::unexpected(kills.error());
  if (kills_ && *kills && **kills > *kills_) {
    out.push_back(KernelEvent{
        .kind = KernelEvent::Kind::cgroup_oom,
        .pool = pool_,
        .pid = std::nullopt,
        .text = "the kernel killed " + std::to_string(**kills - *kills_) + " in " + group_,
        .at = now});
  }
  kills_ = *kills;
  return {};
}

void CgroupWatch::keep_armed(std::optional<Bytes> limit) {
  // A new descriptor means another group of the same name: what was armed belongs to the old one.
  const int group = levels_.front().usage.fd();
  if (group == armed_group_ && limit == armed_limit_) return;
  armed_group_ = group;
  armed_limit_ = limit;
  trigger_.reset();
  alarm_.reset();
  if (v2() && with_trigger_) {
    auto trigger = PsiTrigger::arm(root_, directory_ + kNamesV2.pressure, kTriggerStall);
    if (trigger) trigger_ = *std::move(trigger);
  } else if (!v2() && limit) {
    std::array<Bytes, kAlarmShares.size()> thresholds;
    std::transform(kAlarmShares.begin(), kAlarmShares.end(), thresholds.begin(),
                   [&](double share) { return scaled(*limit, share); });
    auto alarm = UsageAlarm::arm(root_, directory_, thresholds);
    if (alarm) alarm_ = *std::move(alarm);
  }
}

void CgroupWatch::read(TimePoint now, std::vector<Reading>& out) {
  if (levels_.empty()) open();
  if (levels_.empty()) return;
  if (alarm_) alarm_->quieten();

  const std::size_t before = out.size();
  const Status done = [&]() -> Status {
    auto pool = read_pool();
    if (!pool) return tl::unexpected(std::move(pool).error());
    pool->taken = now;
    out.push_back(*std::move(pool));
    if (auto stalls = read_stalls(now, out); !stalls) return stalls;
    return read_kills(now, out);
  }();
  if (done) return;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
  if (is_absent(done.error()) && !root_.exists(directory_)) {
    close();
  } else {
    out.push_back(Fault{pool_.text, done.error()});
  }
}

void CgroupWatch::wake_fds(std::vector<WakeFd>& out) const {
  if (trigger_) out.push_back({trigger_->fd(), POLLPRI});
  if (alarm_) out.push_back({alarm_->fd(), POLLIN});
  // v1's oom_control has no poll; v2's memory.events reports each change until it is read again.
  if (v2() && events_ && events_->by_kernel()) out.push_back({events_->fd(), POLLPRI});
}

}  // namespace spillway
