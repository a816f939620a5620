#pragma once

#include <map>
#include <optional>
#include <string>

#include "port/kept_file.h"
#include "sense/sensor.h"
#include "sense/zram.h"

namespace spillway {

struct SwapArea {
  std::string path;  // of the device or file, as the kernel escapes it
  Bytes size, used;

  /// "zram0" for a zram device, else empty.
  std::string_view zram() const;
};

/// /proc/swaps (proc.rst; swapon(8)): a heading, then "Filename Type Size Used Priority" with sizes
/// in KiB. Their sums are SwapTotal and SwapTotal - SwapFree of /proc/meminfo, but the file costs a
/// sixth of that one and says what the swap is made of.
Result<std::vector<SwapArea>> parse_swaps(std::string_view text);

/// The pool `swap`, and where swap is on zram the pool `zram`. Empty without swap.
/// Swap on zram is smaller than it looks: what fillable() leaves out is `reserved`, so that
/// total - used - reserved = min(SwapFree, easily available x ratio).
/// The pool `zram` is the RAM behind it; its capacity is mem_limit or, without one, what the whole
/// device would take at the present ratio.
class SwapSensor final : public Sensor {
 public:
  explicit SwapSensor(const SysRoot& root);
  std::string_view name() const override { return "swap"; }
  Result<std::vector<Reading>> read(const Look& look) override;

 private:
  /// Over the areas on zram. A device that could not be read counts as if it were empty, and adds a
  /// Fault of "zram".
  struct ZramSums {
    Bytes reserved, data, physical, capacity;
    bool complete = true;
  };
  Result<ZramSums> sum_zram(const std::vector<SwapArea>& areas, std::vector<Reading>& out);
  Result<ZramStat> stat_of(std::string_view device);
  Result<Bytes> easily_available();

  SysRoot root_;
  KeptFile swaps_;
  KeptFile meminfo_;
  std::optional<TimePoint> none_at_;                       // there was no swap then
  std::map<std::string, KeptFile, std::less<>> mm_stats_;  // by device
};

}  // namespace spillway
