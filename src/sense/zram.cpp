#include "sense/zram.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {

Result<ZramStat> parse_mm_stat(std::string_view text) {
  std::array<Bytes, 4> columns;
  auto line = next_line(text);
  for (Bytes& column : columns) {
    const auto word = line ? next_word(*line) : std::nullopt;
    const auto amount = word ? parse_amount(*word) : std::nullopt;
    if (!amount) return fail(Errc::invalid, "not the columns of mm_stat");
    column = *amount;
  }
  const auto [data, compressed, physical, limit] = columns;
  return ZramStat{data, physical, limit == Bytes{} ? std::nullopt : std::optional(limit)};
}

double compression_ratio(const ZramStat& stat) {
  if (stat.data < 1_MiB || stat.physical <= Bytes{}) return 2.0;
  return std::min(4.0, ratio(stat.data, stat.physical));
}

Bytes fillable(const ZramStat& stat, Bytes free, Bytes easily_available) {
  Bytes ram = std::max(Bytes{}, easily_available);
  if (stat.limit) ram = std::min(ram, std::max(Bytes{}, *stat.limit - stat.physical));
  return std::clamp(scaled(ram, compression_ratio(stat)), Bytes{}, std::max(Bytes{}, free));
}

}  // namespace spillway
