#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doctor/state/history.h"
#include "model/event.h"

namespace spillway::doctor {

/// Least squares over (hours, bytes). Fewer than twelve points, or less than two hours: nullopt. The
/// error is the slope's standard error times Student's t for 95 %.
struct Point {
  double hours = 0, bytes = 0;
};
std::optional<Growth> growth_of(const std::vector<Point>& points);

/// Gathers a journal's events in their order. Bounded: 256 processes, 1024 points of each.
class HistoryBook {
 public:
  void take(const Event& event);
  History finish() const;

 private:
  struct Key {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
    PoolId pool;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Track {
    std::string name;
    std::vector<Point> points;
  };
  void take(const Frame& frame);
  void add(Key key, const std::string& name, double hours, Bytes bytes);

  std::optional<WallTime> first_;
  WallTime last_;
  std::map<PoolId, Extent> pools_;
  std::map<Key, Track> tracks_;
  std::map<pid_t, std::string> names_;
  std::deque<std::pair<WallTime, std::string>> offloads_;
};

/// The last day of a journal's directory: at most its newest 16 MiB, and of the frames in it only as many as
/// a few milliseconds take. Empty where there is no journal.
History read_history(const std::string& directory);

}  // namespace spillway::doctor
