#include "assess/assess.h"

#include <algorithm>

#include "assess/evidence.h"
#include "assess/levels.h"

namespace spillway {
namespace {

/// A stall names no amount: so much of what is usable is asked for at a time, then looked at again.
constexpr double kStallMargins = 4;
/// A forecast level ends when the pool lasts this much longer than where it began.
constexpr double kForecastExit = 1.5;
/// Beyond this nobody calls it a forecast.
constexpr Duration kFarAway = 24h * 30;
/// Of what is usable: a rise at once of this much is a burst.
constexpr double kBurst = 0.05;

bool is_readable(const PoolTrack& track, const PoolPolicy& policy, TimePoint now) {
  return track.last.used && track.trouble.empty() && now - track.good <= policy.stale_after;
}

/// Stalls count for the memory they are measured on: the whole system's for RAM, a cgroup's own.
const StallTrack* stall_of(const History& history, const PoolId& pool) {
  if (pool == kRam) return history.stall(StallResource::memory, std::nullopt);
  if (pool.kind() == PoolKind::cgroup) return history.stall(StallResource::memory, pool);
  return nullptr;
}

/// Full swap harms nobody while RAM is free, and Linux leaves cold pages there for days. So swap
/// and zram go beyond a warning only when RAM itself is short.
Level highest_level(const PoolId& pool, Level ram) {
  const bool is_swap = pool.kind() == PoolKind::swap || pool.kind() == PoolKind::zram;
  return is_swap && ram < Level::warning ? Level::warning : Level::shutdown;
}

/// One pool's judgement, cause by cause.
class Judge {
 public:
  Judge(const History& history, const PoolTrack& track, const PoolPolicy& policy, TimePoint now)
      : track_(track), policy_(policy), now_(now), usable_(track.usable()) {
    out_.pool = track.pool;
    readable_ = is_readable(track, policy, now);
    take_figures();
    take_stall(stall_of(history, track.pool));
  }

  PoolAssessment judge(Level highest, Evidence wanted) {
    find_level(highest);
    find_amounts(highest);
    find_shape();
    if (wanted == Evidence::of_all || out_.level != Level::normal || out_.level != track_.level) {
      out_.evidence = evidence({track_, policy_, out_, stall_, now_});
    }
    return std::move(out_);
  }

 private:
  void take_figures() {
    const PoolReading& last = track_.last;
    out_.used = last.used;
    out_.total = last.total;
    if (!readable_) out_.unknown_since = now_ - track_.good;
    if (!usable_ || !last.used) return;
    out_.free = std::max(Bytes{}, *usable_ - *last.used);
    out_.share = ratio(*last.used, *usable_);
    if (!readable_) return;
    out_.growth = track_.trend.rate;
    if (!out_.growth || *out_.growth <= 0) return;
    const double left = static_cast<double>(out_.free->count) / *out_.growth;
    if (left < seconds(kFarAway)) out_.full_in = from_seconds(left);
  }

  void take_stall(const StallTrack* track) {
    if (!track || track->totals.empty()) return;
    stall_lost_ = now_ - track->totals.back().taken > policy_.stale_after;
    if (stall_lost_) return;
    stall_ = track->share(policy_.stall.window);
    // System-wide stalls while most of RAM is free come from somebody's own limit (a container at
    // its memory.max): worth a warning, but no other program's memory would help.
    const bool plenty = track_.pool == kRam && out_.share && *out_.share < policy_.restore_below;
    stall_cap_ = plenty ? Level::warning : Level::shutdown;
  }

  Level stall_level(double ease) const {
    return stall_ ? std::min(stalled(policy_.stall, *stall_, ease), stall_cap_) : Level::normal;
  }

  bool full_within(double times) const {
    return policy_.warn_when_full_within && out_.full_in &&
           *out_.full_in < *policy_.warn_when_full_within * times;
  }

  void find_level(Level highest) {
    const bool measured = usable_ && out_.used;
    const Level threshold =
        measured ? std::min(entered(policy_, *out_.used, *usable_), highest) : Level::normal;
    const Level stall = std::min(stall_level(1), highest);
    const Level forecast = full_within(1) ? Level::warning : Level::normal;
    const Level reached = std::max({threshold, stall, forecast});

    const Level before = std::min(track_.level, highest);
    Level kept = Level::normal;  // what no exit threshold lets go of
    if (measured) kept = not_left(policy_, *out_.used, *usable_);
    kept = std::max({kept, stall_level(kStallExit),
                     full_within(kForecastExit) ? Level::warning : Level::normal});
    const bool too_early = track_.since && now_ - *track_.since < policy_.at(before).min_hold;
    const bool lost = !readable_ || (stall_lost_ && track_.root == Cause::stall);
    if (lost || too_early) kept = before;
    kept = std::min(kept, before);

    out_.level = std::max(reached, kept);
    out_.since = track_.since && track_.level == out_.level ? *track_.since : now_;
    out_.cause = out_.level == Level::normal ? Cause::none
                 : reached < out_.level      ? Cause::held
                 : threshold == out_.level   ? cause_of_threshold()
                 : stall == out_.level       ? Cause::stall
                                             : Cause::forecast;
  }

  Cause cause_of_threshold() const {
    const Marks at = marks(policy_.at(out_.level), *usable_, policy_.margin);
    const Bytes by_share = scaled(*usable_, policy_.at(out_.level).enter);
    return at.by_floor && *out_.used < by_share ? Cause::floor : Cause::threshold;
  }

  void find_amounts(Level highest) {
    const bool measured = usable_ && out_.used;
    if (measured) {
      const Bytes aim = marks(policy_.at(Level::warning), *usable_, policy_.margin).aim;
      out_.room = std::max(Bytes{}, aim - *out_.used);
    }
    if (measured && readable_ && out_.level < highest) {
      const Level next = kLevels[index(out_.level) + 1];
      const Bytes enter = marks(policy_.at(next), *usable_, policy_.margin).enter;
      out_.to_next = std::max(Bytes{}, enter - *out_.used);
    }
    out_.relaxed = out_.level == Level::normal && readable_ && out_.share &&
                   *out_.share < policy_.restore_below;
    if (out_.level == Level::normal) return;
    if (measured) {
      const Bytes aim = marks(policy_.at(out_.level), *usable_, policy_.margin).aim;
      out_.excess = std::max(Bytes{}, *out_.used - aim);
    }
    if (stall_level(kStallExit) >= out_.level) {
      const Bytes whole = usable_ ? *usable_ : out_.used.value_or(Bytes{});
      out_.excess = std::max(out_.excess, scaled(whole, kStallMargins * policy_.margin));
    }
    if (out_.level == Level::warning && full_within(kForecastExit)) {
      const double lasting = seconds(*policy_.warn_when_full_within) * kForecastExit;
      const Bytes wanted = scaled(Bytes{1}, *out_.growth * lasting);
      out_.excess = std::max(out_.excess, std::min(wanted - *out_.free, *out_.used));
    }
  }

  void find_shape() {
    const Trend& trend = track_.trend;
    const bool burst = usable_ && trend.jump >= scaled(*usable_, kBurst);
    out_.shape = burst ? Shape::burst : track_.hours.shape;
  }

  const PoolTrack& track_;
  const PoolPolicy& policy_;
  const TimePoint now_;
  const std::optional<Bytes> usable_;
  bool readable_ = false;
  std::optional<StallShare> stall_;
  bool stall_lost_ = false;
  Level stall_cap_ = Level::shutdown;
  PoolAssessment out_;
};

}  // namespace

Assessment assess(const History& history, const Policy& policy, TimePoint now, Evidence wanted) {
  Assessment result;
  result.at = now;
  result.pools.reserve(history.pools().size());
  std::optional<PoolAssessment> ram;  // first: what swap means depends on it
  if (const PoolTrack* track = history.find(kRam)) {
    ram = Judge(history, *track, policy.of(kRam), now).judge(Level::shutdown, wanted);
  }
  const Level ram_level = ram ? ram->level : Level::normal;
  for (const PoolTrack& track : history.pools()) {
    if (track.pool == kRam) {
      result.pools.push_back(std::move(*ram));
    } else {
      Judge judge(history, track, policy.of(track.pool), now);
      result.pools.push_back(judge.judge(highest_level(track.pool, ram_level), wanted));
    }
    result.level = std::max(result.level, result.pools.back().level);
  }
  return result;
}

}  // namespace spillway
