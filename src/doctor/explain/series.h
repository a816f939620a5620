#pragma once

#include <string>
#include <vector>

#include "doctor/finding.h"

namespace spillway::doctor {

/// How full one pool was over time, from our own journal. Constant memory: when it is full every second point
/// goes, and from then on every second one is taken.
class Series {
 public:
  struct Point {
    double at = 0;  // seconds since 1970
    Bytes used;
  };
  static constexpr std::size_t kMost = 512;

  explicit Series(std::string pool) : pool_(std::move(pool)) {}
  void add(double at, Bytes used, Bytes total);

  const std::string& pool() const { return pool_; }
  Bytes total() const { return total_; }
  const std::vector<Point>& points() const { return points_; }
  /// "ram stayed between 3.1 GiB and 3.2 GiB for 10 h 50 min: load, not a leak"; empty when it says nothing.
  std::string verdict() const;

 private:
  std::string pool_;
  Bytes total_;
  std::vector<Point> points_;
  std::size_t stride_ = 1, skipped_ = 0;
};

}  // namespace spillway::doctor
