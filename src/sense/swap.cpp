#include "sense/swap.h"

#include <algorithm>

#include "base/text.h"
#include "sense/fields.h"
#include "sense/meminfo.h"

namespace spillway {
namespace {

constexpr std::string_view kZramSource = "zram";
/// Nobody makes swap in less than this, and without any the file is read in vain.
constexpr Duration kBetweenTries = 1s;

}  // namespace

std::string_view SwapArea::zram() const {
  constexpr std::string_view kFolder = "/dev/";
  const std::string_view device = path;
  return device.starts_with("/dev/zram") ? device.substr(kFolder.size()) : std::string_view{};
}

Result<std::vector<SwapArea>> parse_swaps(std::string_view text) {
  auto heading = next_line(text);
  if (!heading || next_word(*heading) != "Filename") {
    return fail(Errc::invalid, "not the heading of /proc/swaps");
  }
  std::vector<SwapArea> areas;
  while (auto line = next_line(text)) {
    const auto path = next_word(*line);
    next_word(*line);
    const auto size = next_word(*line);
    const auto used = next_word(*line);
    const auto size_bytes = size ? parse_amount(*size, 1024) : std::nullopt;
    const auto used_bytes = used ? parse_amount(*used, 1024) : std::nullopt;
    if (!size_bytes || !used_bytes || *used_bytes > *size_bytes) {
      return fail(Errc::invalid, "a line without size and use");
    }
    areas.push_back({std::string(*path), *size_bytes, *used_bytes});
  }
  return areas;
}

SwapSensor::SwapSensor(const SysRoot& root)
    : root_(root), swaps_(root, "/proc/swaps"), meminfo_(root, "/proc/meminfo") {}

Result<ZramStat> SwapSensor::stat_of(std::string_view device) {
  auto known = mm_stats_.find(device);
  if (known == mm_stats_.end()) {
    const std::string name(device);
    known = mm_stats_.emplace(name, KeptFile(root_, "/sys/block/" + name + "/mm_stat")).first;
  }
  return parsed(known->second, &parse_mm_stat);
}

Result<Bytes> SwapSensor::easily_available() {
  const auto meminfo = parsed(meminfo_, &parse_meminfo);
  if (!meminfo) return tl::unexpected(meminfo.error());
  return meminfo->free.value_or(Bytes{}) + meminfo->inactive_file.value_or(Bytes{});
}

Result<SwapSensor::ZramSums> SwapSensor::sum_zram(const std::vector<SwapArea>& areas,
                                                  std::vector<Reading>& out) {
  auto ram = easily_available();
  if (!ram) return tl::unexpected(std::move(ram).error());
  ZramSums sums;
  for (const SwapArea& area : areas) {
    if (area.zram().empty()) continue;
    const auto read = stat_of(area.zram());
    if (!read) {
      out.push_back(Fault{std::string(kZramSource), read.error()});
      sums.complete = false;
    }
    const ZramStat stat = read.value_or(ZramStat{});
    const double packing = 1.0 / compression_ratio(stat);
    const Bytes free = area.size - area.used;
    const Bytes reachable = fillable(stat, free, *ram);
    *ram -= scaled(reachable, packing);  // what one device takes is not there for the next
    sums.reserved += free - reachable;
    sums.data += stat.data;
    sums.physical += stat.physical;
    sums.capacity += stat.limit.value_or(scaled(area.size, packing));
  }
  return sums;
}

Result<std::vector<Reading>> SwapSensor::read(const Look& look) {
  if (none_at_ && look.now - *none_at_ < kBetweenTries) return {};
  none_at_.reset();
  const auto areas = parsed(swaps_, &parse_swaps);
  if (!areas) {
    if (is_absent(areas.error())) none_at_ = look.now;
    if (none_at_) return {};
    return tl::unexpected(areas.error());
  }
  std::vector<Reading> readings;
  if (areas->empty()) {
    none_at_ = look.now;
    return readings;
  }

  PoolReading swap{.pool = kSwap,
                   .used = Bytes{},
                   .total = Bytes{},
                   .source = std::string(name()),
                   .taken = look.now};
  bool on_zram = false;
  for (const SwapArea& area : *areas) {
    *swap.total += area.size;
    *swap.used += area.used;
    on_zram = on_zram || !area.zram().empty();
  }
  if (on_zram) {
    const auto sums = sum_zram(*areas, readings);
    if (!sums) return tl::unexpected(sums.error());
    swap.reserved = sums->reserved;
    if (sums->complete) {
      readings.push_back(PoolReading{.pool = kZram,
                                     .used = sums->physical,
                                     .total = std::max(sums->capacity, sums->physical),
                                     .source = std::string(kZramSource),
                                     .taken = look.now});
      readings.push_back(MemoryDetail{.zram_data = sums->data, .zram_physical = sums->physical});
    }
  }
  readings.push_back(std::move(swap));
  return readings;
}

}  // namespace spillway
