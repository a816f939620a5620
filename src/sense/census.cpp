#include "sense/census.h"

#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "port/process_handle.h"
#include "sense/proc_files.h"

namespace spillway {
namespace {

constexpr Duration kBetween = 10min;
constexpr std::size_t kNamed = 16;  // as many as a journal's frame keeps

struct Found {
  Bytes rss;
  std::string pid;
};

/// Absent when it has ended, or changed on the way.
std::optional<ProcessReading> reading_of(const SysRoot& root, const Found& found) {
  const SysRoot process = root.below("/proc/" + found.pid);
  const auto stat = process.read("stat");
  const auto text = process.read("status");
  const auto who = stat ? parse_process_stat(*stat) : tl::unexpected(stat.error());
  const auto status = text ? parse_status(*text) : tl::unexpected(text.error());
  const auto pid = parse_i64(found.pid);
  if (!who || !status || !pid) return std::nullopt;
  return ProcessReading{.key = {static_cast<pid_t>(*pid), who->start_ticks},
                        .uid = status->uid,
                        .name = who->name,
                        .rss = found.rss,
                        .swap = status->swap};
}

}  // namespace

Result<std::vector<Reading>> CensusSensor::read(const Look& look) {
  if (look.owners) last_ = look.now;  // the process sensor names them, and better
  if (last_ && look.now - *last_ < kBetween) return {};
  last_ = look.now;
  auto names = root_.list("/proc");
  if (!names)
    return is_absent(names.error()) ? Result<std::vector<Reading>>()
                                    : tl::unexpected(names.error());
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  std::vector<Found> all;
  for (std::string& name : *names) {
    if (name.size() > 7 || !parse_u64(name)) continue;
    const auto statm = root_.read("/proc/" + name + "/statm");
    const auto rss = statm ? parse_statm(*statm, page) : tl::unexpected(statm.error());
    if (rss && rss->count > 0) all.push_back({*rss, std::move(name)});
  }
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kNamed));
  std::partial_sort(all.begin(), end, all.end(), [](const Found& a, const Found& b) {
    return a.rss != b.rss ? a.rss > b.rss : a.pid < b.pid;
  });
  std::vector<Reading> readings;
  for (auto found = all.begin(); found != end; ++found) {
    if (auto reading = reading_of(root_, *found)) readings.emplace_back(std::move(*reading));
  }
  return readings;
}

}  // namespace spillway
