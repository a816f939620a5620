#include "doctor/read/history.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include "doctor/lines/reader.h"
#include "doctor/lines/scan.h"
#include "doctor/lines/source.h"
#include "json/codec.h"
#include "record/journal_files.h"

namespace spillway::doctor {
namespace {

constexpr Duration kDay = 24h;
constexpr double kLeastHours = 2;
constexpr std::size_t kLeastPoints = 12;
constexpr std::size_t kMostTracks = 256, kMostPoints = 1024, kMostOffloads = 10'000;
constexpr std::int64_t kMostBytes = 16 << 20;
constexpr std::size_t kBetweenFrames = 128 * 1024;  // bytes, of which one is looked into
constexpr std::int64_t kBetweenProcesses = Duration(4min).count();  // of those that name processes
constexpr int kQuarters = 4;

double hours_between(WallTime from, WallTime to) {
  return static_cast<double>(to.unix_ns - from.unix_ns) / 3.6e12;
}

void widen(std::map<PoolId, Extent>& extents, const PoolId& pool, Bytes used) {
  const auto [at, fresh] = extents.try_emplace(pool, Extent{used, used});
  if (fresh) return;
  at->second.least = std::min(at->second.least, used);
  at->second.most = std::max(at->second.most, used);
}

/// Whether the mean rose from each quarter of the time to the next by a sixth of the whole rise.
bool is_steady(const std::vector<Point>& points) {
  const double begin = points.front().hours;
  const double length = points.back().hours - begin;
  std::array<double, kQuarters> sum{};
  std::array<int, kQuarters> count{};
  for (const Point& point : points) {
    const auto quarter = std::min<std::size_t>(
        kQuarters - 1, static_cast<std::size_t>(kQuarters * (point.hours - begin) / length));
    sum[quarter] += point.bytes;
    ++count[quarter];
  }
  const double rise = sum[3] / std::max(1, count[3]) - sum[0] / std::max(1, count[0]);
  for (std::size_t i = 0; i + 1 < kQuarters; ++i) {
    if (count[i] == 0 || count[i + 1] == 0) return false;
    if (sum[i + 1] / count[i + 1] - sum[i] / count[i] < rise / 6) return false;
  }
  return rise > 0;
}

/// Which lines are worth reading as JSON, by what stands in them.
class Choice {
 public:
  bool takes(std::string_view line) {
    since_ += line.size();
    if (has(line, "\"step_ended\"")) return has(line, "\"offload\"");
    if (!has(line, "\"kind\":\"frame\"")) return false;
    if (has(line, "\"processes\":[{")) {
      const std::int64_t at = integer_after(line, "\"at_ns\":").value_or(0);
      const bool soon = at >= last_ && at - last_ < kBetweenProcesses;
      if (!soon) return last_ = at, since_ = 0, true;
    }
    if (since_ < kBetweenFrames && !first_) return false;
    first_ = false;
    since_ = 0;
    return true;
  }

 private:
  std::int64_t last_ = -kBetweenProcesses;
  std::size_t since_ = 0;
  bool first_ = true;
};

}  // namespace

std::optional<Growth> growth_of(const std::vector<Point>& points) {
  if (points.size() < kLeastPoints) return std::nullopt;
  const double length = points.back().hours - points.front().hours;
  if (!(length >= kLeastHours)) return std::nullopt;
  const auto n = static_cast<double>(points.size());
  double mean_x = 0, mean_y = 0;
  for (const Point& point : points) {
    mean_x += point.hours / n;
    mean_y += point.bytes / n;
  }
  double xx = 0, xy = 0, yy = 0;
  for (const Point& point : points) {
    xx += (point.hours - mean_x) * (point.hours - mean_x);
    xy += (point.hours - mean_x) * (point.bytes - mean_y);
    yy += (point.bytes - mean_y) * (point.bytes - mean_y);
  }
  if (!(xx > 0)) return std::nullopt;
  Growth growth;
  growth.looks = points.size();
  growth.span = from_seconds(length * 3600);
  growth.per_hour = xy / xx;
  const double freedom = n - 2;
  const double student = 1.96 + 2.5 / freedom;  // within 1 % of t(0.975) from ten on
  growth.error = student * std::sqrt(std::max(0.0, yy - growth.per_hour * xy) / freedom / xx);
  growth.steady = is_steady(points);
  const auto on_line = [&](const Point& point) {
    return rounded(mean_y + growth.per_hour * (point.hours - mean_x));
  };
  growth.from = on_line(points.front());
  growth.to = on_line(points.back());
  return growth;
}

void HistoryBook::take(const Event& event) {
  if (const auto* frame = std::get_if<Frame>(&event)) return take(*frame);
  const auto* ended = std::get_if<StepEnded>(&event);
  if (ended == nullptr || ended->step.rung != Rung::offload) return;
  const bool given =
      ended->step.direction == Direction::give && ended->outcome.status == StepStatus::done;
  if (!given || offloads_.size() == kMostOffloads) return;
  offloads_.emplace_back(ended->wall, ended->step.tenant.text);
  last_ = std::max(last_, ended->wall);
}

void HistoryBook::take(const Frame& frame) {
  const Snapshot& look = frame.snapshot;
  if (look.wall.unix_ns <= 0) return;
  if (!first_) first_ = look.wall;
  last_ = std::max(last_, look.wall);
  const double hours = hours_between(*first_, look.wall);
  for (const PoolReading& pool : look.pools) {
    if (pool.used) widen(pools_, pool.pool, *pool.used);
  }
  for (const ProcessReading& process : look.processes) {
    if (!process.rss) continue;
    names_[process.key.pid] = process.name;
    add({process.key.pid, process.key.start_ticks, kRam}, process.name, hours,
        *process.rss + process.swap.value_or(Bytes{}));
  }
  for (const DeviceUse& use : look.device_uses) {
    const auto name = names_.find(use.pid);
    add({use.pid, 0, use.pool}, name == names_.end() ? "process" : name->second, hours, use.bytes);
  }
}

void HistoryBook::add(Key key, const std::string& name, double hours, Bytes bytes) {
  auto track = tracks_.find(key);
  if (track == tracks_.end()) {
    if (tracks_.size() == kMostTracks) return;
    track = tracks_.emplace(std::move(key), Track{}).first;
  }
  track->second.name = name;
  auto& points = track->second.points;
  const bool goes_on = points.empty() || hours > points.back().hours;  // the clock was set back
  if (goes_on && points.size() < kMostPoints) {
    points.push_back({hours, static_cast<double>(bytes.count)});
  }
}

History HistoryBook::finish() const {
  History history;
  if (first_) history.span = Duration(std::max<std::int64_t>(0, last_.unix_ns - first_->unix_ns));
  history.pools = pools_;
  for (const auto& [wall, tenant] : offloads_) {
    if (last_.unix_ns - wall.unix_ns <= kDay.count()) ++history.offloads[tenant];
  }
  for (const auto& [key, track] : tracks_) {
    if (key.pool == kRam) {
      const auto [least, most] =
          std::minmax_element(track.points.begin(), track.points.end(),
                              [](const Point& a, const Point& b) { return a.bytes < b.bytes; });
      history.processes[key.pid] = {rounded(least->bytes), rounded(most->bytes)};
    }
    auto growth = growth_of(track.points);
    if (!growth) continue;
    growth->pid = key.pid;
    growth->name = track.name;
    growth->pool = key.pool;
    history.growth.push_back(std::move(*growth));
  }
  std::stable_sort(history.growth.begin(), history.growth.end(),
                   [](const Growth& a, const Growth& b) { return a.per_hour > b.per_hour; });
  return history;
}

History read_history(const std::string& directory) {
  HistoryBook book;
  const auto files =
      directory.empty() ? Result<std::vector<JournalFile>>() : list_journal(directory);
  if (!files) return book.finish();
  std::size_t first = files->size();
  Bytes size;
  while (first > 0) {
    const JournalFile& file = (*files)[first - 1];
    if (!file.superseded) size += file.size;
    const bool old = files->back().modified.unix_ns - file.modified.unix_ns > kDay.count();
    if (old || (size.count > kMostBytes && first < files->size())) break;
    --first;
  }
  Choice choice;
  for (std::size_t i = first; i < files->size(); ++i) {
    if ((*files)[i].superseded) continue;
    auto bytes = open_bytes((*files)[i].path);
    if (!bytes) continue;
    LineReader lines((*files)[i].path, std::move(*bytes));
    while (lines.next()) {
      if (!choice.takes(lines.line())) continue;
      if (const auto event = from_text<Event>(lines.line())) book.take(*event);
    }
  }
  return book.finish();
}

}  // namespace spillway::doctor
