#include "doctor/read/memory.h"

#include "doctor/read/fields.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostAreas = 256;

constexpr std::array kMemory{
    KibField<MemoryState>{"MemTotal", &MemoryState::total},
    KibField<MemoryState>{"MemFree", &MemoryState::free},
    KibField<MemoryState>{"MemAvailable", &MemoryState::available},
    KibField<MemoryState>{"Buffers", &MemoryState::buffers},
    KibField<MemoryState>{"Cached", &MemoryState::cached},
    KibField<MemoryState>{"AnonPages", &MemoryState::anonymous},
    KibField<MemoryState>{"Shmem", &MemoryState::shared},
    KibField<MemoryState>{"SReclaimable", &MemoryState::slab_reclaimable},
    KibField<MemoryState>{"SUnreclaim", &MemoryState::slab_kept},
    KibField<MemoryState>{"KernelStack", &MemoryState::kernel_stack},
    KibField<MemoryState>{"PageTables", &MemoryState::page_tables},
    KibField<MemoryState>{"SecPageTables", &MemoryState::secondary_page_tables},
    KibField<MemoryState>{"Percpu", &MemoryState::percpu},
    KibField<MemoryState>{"Hugetlb", &MemoryState::huge_pages},
    KibField<MemoryState>{"Zswap", &MemoryState::zswap},
    KibField<MemoryState>{"SwapTotal", &MemoryState::swap_total},
    KibField<MemoryState>{"SwapFree", &MemoryState::swap_free},
    KibField<MemoryState>{"Committed_AS", &MemoryState::committed},
    KibField<MemoryState>{"CommitLimit", &MemoryState::commit_limit}};

std::optional<std::uint64_t> count_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return std::nullopt;
  return parse_u64(trimmed(line.substr(key.size())));
}

std::optional<Bytes> bytes_in(const SysRoot& root, const std::string& path) {
  const auto text = root.read(path);
  return text ? amount_of(trimmed(*text)) : std::nullopt;
}

}  // namespace

MemoryState parse_meminfo(std::string_view text) {
  MemoryState memory;
  while (const auto line = next_line(text)) {
    fill_kib(*line, kMemory, memory);
    if (const auto n = count_of(*line, "HugePages_Total:")) memory.huge_pages_total = n;
    if (const auto n = count_of(*line, "HugePages_Free:")) memory.huge_pages_free = n;
  }
  return memory;
}

std::vector<SwapArea> parse_swap_areas(std::string_view text) {
  std::vector<SwapArea> areas;
  next_line(text);  // the heading
  while (const auto line = next_line(text)) {
    std::string_view rest = *line;
    const auto path = next_word(rest);
    const auto type = next_word(rest);
    const auto size = next_word(rest);
    const auto used = next_word(rest);
    const auto priority = next_word(rest);
    if (!path || !type || !size || !used || !priority || areas.size() == kMostAreas) continue;
    const auto size_bytes = amount_of(*size, 1024);
    const auto used_bytes = amount_of(*used, 1024);
    const auto rank = parse_i64(*priority);
    if (!size_bytes || !used_bytes || !rank) continue;
    areas.push_back({std::string(*path), *size_bytes, *used_bytes, *rank});
  }
  return areas;
}

MemoryState read_memory(const SysRoot& root) {
  const auto text = root.read("/proc/meminfo");
  return text ? parse_meminfo(*text) : MemoryState{};
}

std::vector<SwapArea> read_swap_areas(const SysRoot& root) {
  const auto text = root.read("/proc/swaps");
  return text ? parse_swap_areas(*text) : std::vector<SwapArea>{};
}

std::vector<ZramDevice> read_zram(const SysRoot& root) {
  std::vector<ZramDevice> devices;
  const auto blocks = root.list("/sys/block");
  for (const std::string& block : blocks ? *blocks : std::vector<std::string>{}) {
    if (!block.starts_with("zram") || devices.size() == kMostAreas) continue;
    const std::string folder = "/sys/block/" + block;
    ZramDevice device{.name = block, .size = bytes_in(root, folder + "/disksize")};
    if (!device.size || device.size->count == 0) continue;
    // mm_stat: orig_data_size, compr_data_size, mem_used_total, ...
    if (const auto stat = root.read(folder + "/mm_stat")) {
      std::string_view rest = *stat;
      const auto stored = next_word(rest);
      next_word(rest);
      const auto physical = next_word(rest);
      if (stored) device.stored = amount_of(*stored);
      if (physical) device.physical = amount_of(*physical);
    }
    if (const auto algorithms = root.read(folder + "/comp_algorithm")) {
      device.algorithm = chosen(*algorithms);
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace spillway::doctor
