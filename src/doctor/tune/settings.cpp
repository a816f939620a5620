#include "doctor/tune/settings.h"

#include <array>

#include "base/text.h"

namespace spillway::doctor {
namespace {

using Wanted = std::optional<WantedNumber>;

constexpr std::uint64_t kAny = ~std::uint64_t{0};
constexpr std::string_view kVm = "linux Documentation/admin-guide/sysctl/vm.rst";

Wanted swappiness(const TuneMachine&, const SwapOutlook& swap) {
  if (swap.zram && swap.disk) {
    return WantedNumber{100, 100, 180,
                        "zram is as cheap as reading a file again, but what it cannot hold goes to "
                        "the disk: neither is preferred"};
  }
  if (swap.zram) {
    return WantedNumber{180, 100, 200,
                        "swap is zram, in RAM: bringing a page back costs less than reading a file "
                        "again, so cold anonymous pages go first and model files stay cached"};
  }
  if (swap.disk) {
    return WantedNumber{
        10, 0, 10,
        "swap is on a disk: a model that is paged in from it stalls for seconds; 10 "
        "still lets what is never used go"};
  }
  return std::nullopt;
}

Wanted page_cluster(const TuneMachine&, const SwapOutlook& swap) {
  if (!swap.zram || swap.disk) return std::nullopt;
  return WantedNumber{0, 0, 0,
                      "zram has no seek to save: reading ahead only decompresses pages that nobody "
                      "asked for"};
}

Wanted vfs_cache_pressure(const TuneMachine&, const SwapOutlook&) {
  return WantedNumber{50, 1, 50,
                      "file names and inodes are kept longer than file pages: small, and dear to "
                      "read again while memory is short"};
}

// Of the two forms only one is in force; the other reads 0, and a person chose it.
Wanted dirty(const TuneMachine& machine, std::string_view ratio, std::uint64_t most,
             std::string_view reason) {
  const auto now = machine.values.find(std::string(ratio));
  if (now != machine.values.end() && now->second == "0") return std::nullopt;
  return WantedNumber{most, 1, most, reason};
}

Wanted dirty_ratio(const TuneMachine& machine, const SwapOutlook&) {
  return dirty(machine, "vm.dirty_ratio", 15,
               "less unwritten data that cannot be given back at once when a model is loaded");
}

Wanted dirty_background_ratio(const TuneMachine& machine, const SwapOutlook&) {
  return dirty(machine, "vm.dirty_background_ratio", 5,
               "writing back begins early, so that nobody has to wait for it later");
}

Wanted watermark_scale_factor(const TuneMachine&, const SwapOutlook& swap) {
  if (!swap.zram) return std::nullopt;
  return WantedNumber{125, 125, kAny,
                      "the kernel begins to reclaim 1.25 % of RAM earlier: models take GiB in one "
                      "call, and compressing takes time and pages of its own"};
}

Wanted overcommit(const TuneMachine& machine, const SwapOutlook&) {
  const auto now = machine.values.find("vm.overcommit_memory");
  if (now == machine.values.end() || now->second != "2") return std::nullopt;
  return WantedNumber{
      0, 0, 1,
      "strict accounting counts address space: CUDA reserves as much as all RAM and "
      "VRAM together, and fails although memory is free"};
}

Wanted min_ttl(const TuneMachine& machine, const SwapOutlook&) {
  if (!machine.values.contains("lru_gen.min_ttl_ms")) return std::nullopt;
  return WantedNumber{1000, 1000, kAny,
                      "what was used in the last second is not evicted: thrashing ends in an OOM "
                      "kill instead of a frozen machine"};
}

constexpr std::array<KernelSetting, 8> kSettings{{
    {"vm.swappiness", TuneHome::sysctl, "/proc/sys/vm/swappiness", swappiness, kVm},
    {"vm.page-cluster", TuneHome::sysctl, "/proc/sys/vm/page-cluster", page_cluster, kVm},
    {"vm.vfs_cache_pressure", TuneHome::sysctl, "/proc/sys/vm/vfs_cache_pressure",
     vfs_cache_pressure, kVm},
    {"vm.dirty_ratio", TuneHome::sysctl, "/proc/sys/vm/dirty_ratio", dirty_ratio, kVm},
    {"vm.dirty_background_ratio", TuneHome::sysctl, "/proc/sys/vm/dirty_background_ratio",
     dirty_background_ratio, kVm},
    {"vm.watermark_scale_factor", TuneHome::sysctl, "/proc/sys/vm/watermark_scale_factor",
     watermark_scale_factor, kVm},
    {"vm.overcommit_memory", TuneHome::sysctl, "/proc/sys/vm/overcommit_memory", overcommit,
     "linux Documentation/mm/overcommit-accounting.rst"},
    {"lru_gen.min_ttl_ms", TuneHome::tmpfile, "/sys/kernel/mm/lru_gen/min_ttl_ms", min_ttl,
     "linux Documentation/admin-guide/mm/multigen_lru.rst"},
}};

}  // namespace

SwapOutlook swap_outlook(const TuneMachine& machine, const TuneTarget& target) {
  const bool wants_swap = !target.swap || *target.swap > 0_B;
  return {.zram = machine.has_zram() ||
                  (wants_swap && (machine.has_zram_generator || machine.zram_configured)),
          .disk = machine.has_disk_swap()};
}

std::span<const KernelSetting> kernel_settings() { return kSettings; }

}  // namespace spillway::doctor
