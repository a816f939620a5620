#include "sense/drm_fdinfo.h"

#include <array>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};
constexpr std::array kUnits{Unit{"", 1}, Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20}};

std::optional<Bytes> parse_size(std::string_view text) {
  const auto digits = next_word(text);
  const std::string_view name = trimmed(text);
  for (const Unit& unit : kUnits) {
    if (digits && name == unit.name) return parse_amount(*digits, unit.bytes);
  }
  return std::nullopt;
}

bool is_own_memory(std::string_view region) {
  for (const std::string_view kind : {"vram", "local"}) {
    if (!region.starts_with(kind)) continue;
    const auto number = region.substr(kind.size());
    return number.empty() || parse_u64(number).has_value();
  }
  return false;
}

/// The figures of all regions of one key; one that cannot be read makes the sum unknown.
struct Sum {
  std::optional<Bytes> total;
  bool spoilt = false;

  void add(std::optional<Bytes> figure) {
    spoilt = spoilt || !figure;
    if (figure) total = total.value_or(Bytes{}) + *figure;
  }
  std::optional<Bytes> get() const { return spoilt ? std::nullopt : total; }
};

/// "drm-resident-vram0" is "vram0" after "drm-resident-".
std::optional<std::string_view> region_after(std::string_view key, std::string_view beginning) {
  if (!key.starts_with(beginning) || !is_own_memory(key.substr(beginning.size()))) {
    return std::nullopt;
  }
  return key.substr(beginning.size());
}

}  // namespace

std::optional<DrmClient> parse_drm_fdinfo(std::string_view text) {
  DrmClient client;
  std::optional<std::uint64_t> id;
  Sum resident, memory, shared;
  while (const auto line = next_line(text)) {
    const auto colon = line->find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line->substr(0, colon);
    const std::string_view value = trimmed(line->substr(colon + 1));
    if (key == "drm-pdev") client.address = value;
    if (key == "drm-client-id") id = parse_u64(value);
    if (key == "amd-evicted-vram") client.evicted = parse_size(value);
    if (region_after(key, "drm-resident-")) resident.add(parse_size(value));
    if (region_after(key, "drm-memory-")) memory.add(parse_size(value));
    if (region_after(key, "drm-shared-")) shared.add(parse_size(value));
  }
  if (client.address.empty() || !id) return std::nullopt;
  client.id = *id;
  client.resident = resident.get() ? resident.get() : memory.get();
  client.shared = shared.get();
  return client;
}

}  // namespace spillway
