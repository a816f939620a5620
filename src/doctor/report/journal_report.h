#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "doctor/explain/series.h"
#include "model/event.h"

namespace spillway::doctor {

/// What somebody wants of a machine. A figure that is higher than its target misses it; of uptime and time
/// between failures one that is lower does.
struct Targets {
  double vram = 0.70;  // of each card
  Bytes ram = 4_GiB;
  Bytes swap{};
  double uptime = 8 * 3600.0;              // seconds
  double errors_per_hour = 0;              // of CUDA
  std::optional<double> between_failures;  // seconds
};

/// How close one pool came to its end.
struct PoolHistory {
  PoolId pool;
  std::optional<double> highest;  // share of what is usable
  std::optional<Bytes> highest_used, total;
  WallTime highest_at;
  std::array<double, kLevels.size()> seconds_at{};  // by level
  std::uint64_t times_short = 0;                    // left normal
  Series series{std::string()};
};

/// What the measures of one rung came to. Bytes are those of the pool for whose sake it was done.
struct RungHistory {
  Direction direction = Direction::give;
  Rung rung = Rung::notify;
  std::uint64_t times = 0, done = 0, failed = 0, timed_out = 0;
  Bytes claimed, measured;
  double longest = 0, longest_pause = 0;  // seconds
};

struct Moment {
  WallTime at;
  std::string what;
};

/// One measure that let somebody wait.
struct Pause {
  WallTime at;
  Rung rung = Rung::notify;
  Direction direction = Direction::give;
  std::string tenant;
  double seconds = 0;
};

/// One success measure. What the journal does not tell is absent, never zero.
struct Measure {
  enum class Unit { share, bytes, seconds, per_hour };
  std::string_view name;  // "vram"
  Unit unit = Unit::share;
  std::optional<double> target, reached;
  std::string detail;        // of which pool, when; why it is not measured
  bool at_least = false;     // more is better
  bool lower_bound = false;  // it may be more than `reached`

  /// nullopt: without a target, without a figure, or where the bound leaves it open.
  std::optional<bool> met() const;
};

/// What a journal tells of a period.
struct JournalReport {
  WallTime since, until;             // asked for
  std::optional<WallTime> from, to;  // first and last record in it
  double seconds_recorded = 0;       // without the gaps
  std::uint64_t runs = 0;            // of the guard
  double longest_unbroken = 0;       // seconds without restart, gap, kill or GPU error
  std::uint64_t kills = 0, gpu_errors = 0, out_of_memory = 0;
  std::vector<PoolHistory> pools;                // ascending
  std::vector<RungHistory> rungs;                // in the ladder's order, giving before restoring
  std::vector<Pause> pauses;                     // longest first
  std::vector<Moment> measures_taken, failures;  // the first of them, for plots
  std::vector<Measure> measures;
  std::vector<std::string> notes;  // what is incomplete
};

/// Makes a report of a journal's events, one after the other, in constant memory. Pure.
class ReportBuilder {
 public:
  /// Records are kept a minute apart at least (record/journal_files.h): a longer silence is a gap.
  static constexpr double kGap = 150;
  static constexpr std::size_t kMostPools = 64, kMostMoments = 400, kMostPauses = 5;

  ReportBuilder(WallTime since, WallTime until) : since_(since) {
    report_.since = since;
    report_.until = until;
  }
  void take(const Event& event);
  JournalReport finish(const Targets& targets);

 private:
  struct Pool {
    PoolHistory history;
    std::optional<Level> level;  // none: not seen in the latest look
    std::uint64_t look = 0;      // the latest with it
  };
  bool advance(TimePoint at, WallTime wall);
  void add(const Frame& frame);
  void add(const LevelChanged& changed);
  void add(const StepEnded& ended);
  template <class Other>
  void add(const Other&) {}
  void count_kills(std::uint64_t told, const Snapshot& look);
  void fail(WallTime at, std::string what);
  static void enter(Pool& pool, const PoolAssessment& now);
  void restart();
  Pool* pool_of(const PoolId& id);
  void note_coverage();
  void measure(const Targets& targets);

  WallTime since_;
  JournalReport report_;
  std::map<PoolId, Pool> pools_;
  std::map<std::pair<Direction, Rung>, RungHistory> rungs_;
  std::set<std::uint64_t> demands_;  // that ran out of memory: each once
  std::optional<TimePoint> last_;
  std::uint64_t last_frame_ = 0, looks_ = 0;
  struct {
    std::optional<std::uint64_t> counter;  // of the kernel, since boot
    std::uint64_t told_only = 0,
                  counted_only = 0;  // by its log, by its counter, not yet by the other
  } kills_;
  double unbroken_ = 0, gaps_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace spillway::doctor
