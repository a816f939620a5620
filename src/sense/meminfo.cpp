#include "sense/meminfo.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

using MeminfoField = Field<Meminfo, Bytes>;

constexpr std::array kFields{
    MeminfoField{"MemTotal", &Meminfo::total},
    MeminfoField{"MemFree", &Meminfo::free},
    MeminfoField{"MemAvailable", &Meminfo::available},
    MeminfoField{"Buffers", &Meminfo::buffers},
    MeminfoField{"Cached", &Meminfo::cached},
    MeminfoField{"Inactive(file)", &Meminfo::inactive_file},
    MeminfoField{"Unevictable", &Meminfo::unevictable},
    MeminfoField{"Dirty", &Meminfo::dirty},
    MeminfoField{"AnonPages", &Meminfo::anon},
    MeminfoField{"Shmem", &Meminfo::shmem},
    MeminfoField{"SReclaimable", &Meminfo::reclaimable_slab},
};

/// Page cache and slab that the kernel drops by itself; Cached includes shared memory, which it
/// cannot drop.
std::optional<Bytes> cache_of(const Meminfo& m) {
  if (!m.cached || !m.shmem) return std::nullopt;
  const Bytes rest = m.buffers.value_or(Bytes{}) + m.reclaimable_slab.value_or(Bytes{});
  return std::max(Bytes{}, *m.cached - *m.shmem) + rest;
}

}  // namespace

Result<Meminfo> parse_meminfo(std::string_view text) {
  Meminfo meminfo;
  while (auto line = next_line(text)) {
    const auto key = next_token(*line, ':');
    const auto* field = key ? find_field<Meminfo, Bytes>(kFields, *key) : nullptr;
    if (field == nullptr) continue;
    const auto digits = next_word(*line);
    if (digits && next_word(*line) == "kB") meminfo.*(field->member) = parse_amount(*digits, 1024);
  }
  if (meminfo.total.value_or(Bytes{}) == Bytes{} || !meminfo.available) {
    return fail(Errc::invalid, "no usable MemTotal and MemAvailable");
  }
  return meminfo;
}

Result<Bytes> parse_arcstats(std::string_view text) {
  std::optional<Bytes> size, least;
  while (auto line = next_line(text)) {
    const auto key = next_word(*line);
    if (key != "size" && key != "c_min") continue;
    next_word(*line);
    const auto digits = next_word(*line);
    (key == "size" ? size : least) = digits ? parse_amount(*digits) : std::nullopt;
  }
  if (!size || !least) return fail(Errc::invalid, "no usable size and c_min");
  return std::max(Bytes{}, *size - *least);
}

MeminfoSensor::MeminfoSensor(const SysRoot& root)
    : meminfo_(root, "/proc/meminfo"), arcstats_(root, "/proc/spl/kstat/zfs/arcstats") {}

Result<std::vector<Reading>> MeminfoSensor::read(const Look& look) {
  const auto meminfo = parsed(meminfo_, &parse_meminfo);
  if (!meminfo) return tl::unexpected(meminfo.error());
  const auto arc = parsed(arcstats_, look.now, &parse_arcstats);

  const Bytes total = *meminfo->total;
  const auto reclaimable_arc = arc ? *arc : std::nullopt;
  const Bytes available = *meminfo->available + reclaimable_arc.value_or(Bytes{});

  std::vector<Reading> readings;
  readings.reserve(3);
  readings.push_back(PoolReading{.pool = kRam,
                                 .used = std::max(Bytes{}, total - available),
                                 .total = total,
                                 .cache = cache_of(*meminfo),
                                 .source = std::string(name()),
                                 .taken = look.now});
  readings.push_back(MemoryDetail{.free = meminfo->free,
                                  .available = meminfo->available,
                                  .anon = meminfo->anon,
                                  .cached = meminfo->cached,
                                  .buffers = meminfo->buffers,
                                  .reclaimable_slab = meminfo->reclaimable_slab,
                                  .shmem = meminfo->shmem,
                                  .dirty = meminfo->dirty,
                                  .unevictable = meminfo->unevictable,
                                  .zfs_reclaimable = reclaimable_arc});
  // Without the ARC the pool only looks fuller than it is: the safe side, worth a line.
  if (!arc) readings.push_back(Fault{"arcstats", arc.error()});
  return readings;
}

}  // namespace spillway
