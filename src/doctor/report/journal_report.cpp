#include "doctor/report/journal_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "base/clock.h"
#include "base/time.h"

namespace spillway::doctor {
namespace {

/// As doubles: a journal may hold any numbers.
double between(TimePoint earlier, TimePoint later) {
  return (static_cast<double>(later.time_since_epoch().count()) -
          static_cast<double>(earlier.time_since_epoch().count())) /
         1e9;
}
double between(WallTime earlier, WallTime later) {
  return (static_cast<double>(later.unix_ns) - static_cast<double>(earlier.unix_ns)) / 1e9;
}

/// Seconds. What happens in one round is stamped by several clocks' readings; a boot goes back further.
constexpr double kOutOfOrder = 5;

std::string words(double s) { return to_string(from_seconds(s)); }

/// What came back into the pool for whose sake it was done; without one, into all.
Bytes freed(const std::vector<PoolChange>& changes, const PoolId& pool) {
  Bytes sum;
  for (const PoolChange& change : changes) {
    if (change.delta < Bytes{} && (pool.text.empty() || change.pool == pool)) sum -= change.delta;
  }
  return sum;
}

/// How the library words the demand of a guest that ran out (capi/manager_requests.cpp).
bool is_out_of_memory(const Demand& demand) {
  return demand.reason.ends_with("which ran out of memory");
}

}  // namespace

std::optional<bool> Measure::met() const {
  if (!target || !reached) return std::nullopt;
  const bool met = at_least ? *reached >= *target : *reached <= *target;
  if (lower_bound && met != at_least) return std::nullopt;
  return met;
}

void ReportBuilder::take(const Event& event) {
  std::visit(
      [&](const auto& x) {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, Frame>) {
          if (advance(x.snapshot.at, x.snapshot.wall)) add(x);
        } else if (advance(x.at, x.wall)) {
          add(x);
        }
      },
      event);
}

/// Time that passed since the last event counts for the levels of then. False: the event is of no interest.
bool ReportBuilder::advance(TimePoint at, WallTime wall) {
  if (wall < since_ || wall > report_.until) return false;
  if (!report_.from || wall < *report_.from) report_.from = wall;
  if (!report_.to || wall > *report_.to) report_.to = wall;
  const double passed = last_ ? between(*last_, at) : -kOutOfOrder;
  if (passed < 0 && passed > -kOutOfOrder) return true;
  last_ = at;
  if (passed < 0) {  // the first one, or another boot
    restart();
    return true;
  }
  if (passed > kGap) {
    gaps_ += passed;
    unbroken_ = 0;
    return true;
  }
  report_.seconds_recorded += passed;
  unbroken_ += passed;
  report_.longest_unbroken = std::max(report_.longest_unbroken, unbroken_);
  for (auto& [id, pool] : pools_) {
    if (pool.level) pool.history.seconds_at.at(index(*pool.level)) += passed;
  }
  return true;
}

void ReportBuilder::restart() {
  ++report_.runs;
  unbroken_ = 0;
  last_frame_ = 0;
  kills_ = {};
  demands_.clear();
  for (auto& [id, pool] : pools_) pool.level.reset();
}

ReportBuilder::Pool* ReportBuilder::pool_of(const PoolId& id) {
  const auto known = pools_.find(id);
  if (known != pools_.end()) return &known->second;
  if (pools_.size() >= kMostPools) {
    ++left_out_;
    return nullptr;
  }
  Pool& pool = pools_[id];
  pool.history.pool = id;
  pool.history.series = Series(id.text);
  return &pool;
}

void ReportBuilder::fail(WallTime at, std::string what) {
  unbroken_ = 0;
  if (report_.failures.size() < kMostMoments) report_.failures.push_back({at, std::move(what)});
}

void ReportBuilder::add(const Frame& frame) {
  if (last_frame_ > 0 && frame.number <= last_frame_) restart();
  last_frame_ = frame.number;
  const WallTime wall = frame.snapshot.wall;
  ++looks_;
  for (const PoolAssessment& now : frame.assessment.pools) {
    Pool* pool = pool_of(now.pool);
    if (pool == nullptr) continue;
    pool->look = looks_;
    enter(*pool, now);
    PoolHistory& history = pool->history;
    if (now.total) history.total = now.total;
    if (now.used && (!history.highest_used || *now.used > *history.highest_used)) {
      history.highest_used = now.used;
      history.highest_at = wall;
    }
    if (now.used && now.total)
      history.series.add(static_cast<double>(wall.unix_ns) * 1e-9, *now.used, *now.total);
  }
  for (auto& [id, pool] : pools_) {
    if (pool.look != looks_) pool.level.reset();  // gone, as cgroups go
  }
  std::uint64_t told = 0;
  for (const KernelEvent& event : frame.snapshot.events) {
    if (event.kind == KernelEvent::Kind::xid) {
      ++report_.gpu_errors;
      fail(wall, "GPU error");
    } else {
      ++told;
    }
  }
  count_kills(told, frame.snapshot);
  for (const Demand& demand : frame.demands) {
    if (is_out_of_memory(demand) && demands_.size() < 100'000 &&
        demands_.insert(demand.id).second) {
      ++report_.out_of_memory;
      fail(wall, "out of memory, caught");
    }
  }
}

/// The kernel's counter knows of every kill, its log only of those that were read in time. The counter is read
/// seldom: a kill may be in the log before, or after.
void ReportBuilder::count_kills(std::uint64_t told, const Snapshot& look) {
  const std::uint64_t known = std::min(told, kills_.counted_only);
  kills_.counted_only -= known;
  kills_.told_only += told - known;
  std::uint64_t news = told - known;
  const auto counter = look.vm.oom_kill;
  if (counter && kills_.counter) {
    const std::uint64_t increase = *counter - std::min(*counter, *kills_.counter);
    const std::uint64_t more = increase - std::min(increase, kills_.told_only);
    kills_.counted_only += more;
    news += more;
  }
  if (counter) {
    kills_.counter = counter;
    kills_.told_only = 0;
  }
  report_.kills += news;
  if (news > 0) fail(look.wall, news == 1 ? "killed for memory" : fmt::format("{} killed", news));
}

void ReportBuilder::add(const LevelChanged& changed) {
  if (Pool* pool = pool_of(changed.now.pool)) enter(*pool, changed.now);
}

void ReportBuilder::enter(Pool& pool, const PoolAssessment& now) {
  if (now.level > Level::normal && pool.level.value_or(Level::normal) == Level::normal)
    ++pool.history.times_short;
  pool.level = now.level;
  if (now.share && *now.share > pool.history.highest.value_or(-1)) pool.history.highest = now.share;
}

void ReportBuilder::add(const StepEnded& ended) {
  const Step& step = ended.step;
  const Outcome& outcome = ended.outcome;
  RungHistory& rung = rungs_[{step.direction, step.rung}];
  rung.direction = step.direction;
  rung.rung = step.rung;
  ++rung.times;
  rung.done += outcome.status == StepStatus::done ? 1 : 0;
  rung.failed += outcome.status == StepStatus::failed ? 1 : 0;
  rung.timed_out += outcome.status == StepStatus::timed_out ? 1 : 0;
  rung.claimed += freed(outcome.claimed, step.pool);
  rung.measured += freed(outcome.measured, step.pool);
  rung.longest = std::max(rung.longest, seconds(outcome.took));
  rung.longest_pause = std::max(rung.longest_pause, seconds(outcome.pause));
  if (report_.measures_taken.size() < kMostMoments && step.rung != Rung::notify) {
    report_.measures_taken.push_back(
        {ended.wall, fmt::format("{}{} {}", step.direction == Direction::restore ? "back: " : "",
                                 name(step.rung), step.tenant.text)});
  }
  if (outcome.pause <= Duration::zero()) return;
  auto& pauses = report_.pauses;
  const auto shorter = std::find_if(pauses.begin(), pauses.end(), [&](const Pause& pause) {
    return pause.seconds < seconds(outcome.pause);
  });
  pauses.insert(shorter,
                {ended.wall, step.rung, step.direction, step.tenant.text, seconds(outcome.pause)});
  if (pauses.size() > kMostPauses) pauses.pop_back();
}

void ReportBuilder::note_coverage() {
  auto& notes = report_.notes;
  if (!report_.from) {
    notes.emplace_back("the journal has nothing of this time");
    return;
  }
  if (const double late = between(report_.since, *report_.from); late > kGap)
    notes.push_back(
        fmt::format("the journal begins {} after the time that was asked for ({}): it covers less",
                    words(late), to_rfc3339(*report_.from)));
  if (const double early = between(*report_.to, report_.until); early > kGap)
    notes.push_back(fmt::format("its last record is of {}, {} before the end",
                                to_rfc3339(*report_.to), words(early)));
  const double whole = between(*report_.from, *report_.to);
  if (whole - report_.seconds_recorded > kGap)
    notes.push_back(fmt::format(
        "of the {} between, {} are recorded: the guard did not run, or its records were lost",
        words(whole), words(report_.seconds_recorded)));
  if (left_out_ > 0)
    notes.push_back(fmt::format("more than {} pools: the rest is left out", kMostPools));
}

void ReportBuilder::measure(const Targets& targets) {
  using Unit = Measure::Unit;
  std::optional<double> vram;
  std::string card = "no card was seen";
  for (const PoolHistory& pool : report_.pools) {
    if (pool.pool.kind() != PoolKind::vram || !pool.highest) continue;
    if (vram && *pool.highest <= *vram) continue;
    vram = pool.highest;
    card = fmt::format("highest, {}", pool.pool.text);
  }
  const auto used = [&](const PoolId& id) -> std::pair<std::optional<double>, std::string> {
    for (const PoolHistory& pool : report_.pools) {
      if (pool.pool == id && pool.highest_used)
        return {static_cast<double>(pool.highest_used->count),
                "highest, " + to_rfc3339(pool.highest_at)};
    }
    return {std::nullopt, "not in the journal"};
  };
  const auto [ram, ram_when] = used(kRam);
  const auto [swap, swap_when] = used(kSwap);
  const double hours = report_.seconds_recorded / 3600;
  const std::uint64_t errors = report_.gpu_errors + report_.out_of_memory;
  const std::uint64_t failures = errors + report_.kills;
  std::optional<double> rate;
  // Nobody tells the guard of every error: that none is recorded does not mean that there was none.
  if (errors > 0 && hours > 0) rate = static_cast<double>(errors) / hours;
  const auto bytes = [](Bytes b) { return static_cast<double>(b.count); };
  std::optional<double> unbroken, apart;
  if (report_.from) {
    unbroken = report_.longest_unbroken;
    apart = report_.seconds_recorded / static_cast<double>(std::max<std::uint64_t>(failures, 1));
  }
  const bool whole = report_.runs == 1 && gaps_ == 0 && failures == 0;
  report_.measures = {
      {"vram", Unit::share, targets.vram, vram, card},
      {"ram", Unit::bytes, bytes(targets.ram), ram, ram_when},
      {"swap", Unit::bytes, bytes(targets.swap), swap, swap_when},
      {"uptime", Unit::seconds, targets.uptime, unbroken,
       "longest without restart, gap, kill or GPU error", true, whole},
      {"cuda_errors_per_hour", Unit::per_hour, targets.errors_per_hour, rate,
       errors > 0 ? fmt::format("{} errors of the driver, {} caught by the library",
                                report_.gpu_errors, report_.out_of_memory)
                  : "the journal tells of none, but not every program tells the guard",
       false, true},
      {"time_between_failures", Unit::seconds, targets.between_failures, apart,
       failures > 0
           ? fmt::format("{} killed for memory, {} errors of the GPU", report_.kills, errors)
           : "no failure is recorded",
       true, failures == 0}};
}

JournalReport ReportBuilder::finish(const Targets& targets) {
  for (auto& [id, pool] : pools_) report_.pools.push_back(std::move(pool.history));
  for (auto& [key, rung] : rungs_) report_.rungs.push_back(rung);
  note_coverage();
  measure(targets);
  return std::move(report_);
}

}  // namespace spillway::doctor
