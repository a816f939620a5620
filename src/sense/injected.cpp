#include "sense/injected.h"

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {

Result<InjectedFigures> parse_injected(std::string_view text) {
  const auto used = next_word(text);
  const auto capacity = next_word(text);
  const auto used_bytes = used ? parse_amount(*used) : std::nullopt;
  const auto capacity_bytes = capacity ? parse_amount(*capacity) : std::nullopt;
  if (!used_bytes || !capacity_bytes || *capacity_bytes == Bytes{} || next_word(text)) {
    return fail(Errc::invalid, "not \"USED CAPACITY\" in bytes");
  }
  return InjectedFigures{*used_bytes, *capacity_bytes};
}

InjectedSensor::InjectedSensor(const SysRoot& root, const std::string& pool_name, std::string path)
    : pool_{"injected:" + pool_name}, file_(root, std::move(path), 4096) {}

Result<std::vector<Reading>> InjectedSensor::read(const Look& look) {
  const auto figures = parsed(file_, &parse_injected);
  if (!figures) return tl::unexpected(figures.error());
  return std::vector<Reading>{PoolReading{.pool = pool_,
                                          .used = figures->used,
                                          .total = figures->capacity,
                                          .source = pool_.text,
                                          .taken = look.now}};
}

}  // namespace spillway
