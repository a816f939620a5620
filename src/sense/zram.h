#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace spillway {

/// /sys/block/zramN/mm_stat (Documentation/admin-guide/blockdev/zram.rst, "Stats").
struct ZramStat {
  Bytes data;                  // orig_data_size: what was stored, uncompressed
  Bytes physical;              // mem_used_total: the RAM that it takes
  std::optional<Bytes> limit;  // mem_limit; none when 0
};

/// One line of numbers; the first four columns are in every kernel that has the file (4.2).
Result<ZramStat> parse_mm_stat(std::string_view text);

/// Bytes stored per byte of RAM, as far as the next pages may be expected to do as well: at most 4,
/// for zeroed pages cost nothing and prove nothing. Below 1 MiB of data there is nothing to measure: 2,
/// which is what zram.rst says to expect.
double compression_ratio(const ZramStat& stat);

/// How much more swap on zram can really be filled: no more than is free there, and no more than
/// what the RAM that can easily be had would hold (free pages and inactive file pages, as lmkd
/// reckons it) within the device's own limit. Beyond that, swapping out needs the RAM that is short.
Bytes fillable(const ZramStat& stat, Bytes free, Bytes easily_available);

}  // namespace spillway
