#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/checks.h"
#include "doctor/state/words.h"

// Swap. MemAvailable and SwapFree are those of /proc/meminfo; used is SwapTotal - SwapFree.

namespace spillway::doctor {
namespace {

constexpr Bytes kMuchSwap{500'000'000};
constexpr double kMuchOfSwap = 0.10;
constexpr Bytes kMuchOfOneProcess = 1_GiB;
constexpr double kNearlyFull = 0.90;
constexpr std::size_t kNamed = 3;
/// One device at a time, and only what RAM holds with a margin.
constexpr const char* kDrain = "sudo spillway tune drain-swap";

std::optional<Bytes> used_swap(const MemoryState& m) {
  if (!m.swap_total || !m.swap_free || m.swap_total->count == 0) return std::nullopt;
  return std::max(Bytes{}, *m.swap_total - *m.swap_free);
}

/// Whether RAM would hold what is in swap.
bool fits_into_ram(const MemoryState& m) { return m.available && *m.available > *used_swap(m); }

std::vector<const Process*> biggest_in_swap(const std::vector<Process>& processes) {
  std::vector<const Process*> found;
  for (const Process& process : processes) {
    if (process.swapped && process.swapped->count > 0) found.push_back(&process);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Process* a, const Process* b) { return *a->swapped > *b->swapped; });
  return found;
}

std::string holders(const std::vector<Process>& processes) {
  std::string text;
  const auto found = biggest_in_swap(processes);
  for (std::size_t i = 0; i < std::min(found.size(), kNamed); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "; in it: " : ", ", called(*found[i]),
                        to_string(*found[i]->swapped));
  }
  return text;
}

void swap_while_ram_is_free(const Examined& e, std::vector<Diagnosis>& out) {
  const MemoryState& m = e.machine.memory;
  const auto used = used_swap(m);
  if (!used || !fits_into_ram(m)) return;
  if (*used <= kMuchSwap && ratio(*used, *m.swap_total) <= kMuchOfSwap) return;
  out.push_back(
      {.what = fmt::format("{} are in swap although RAM would hold them", to_string(*used)),
       .evidence = fmt::format("swap {} of {}, available RAM {}{}", to_string(*used),
                               to_string(*m.swap_total), to_string(*m.available),
                               holders(e.machine.processes)),
       .fix = "bring it back while there is room: what waits in swap answers slowly",
       .command = kDrain});
}

void process_in_swap(const Examined& e, std::vector<Diagnosis>& out) {
  const bool fits = used_swap(e.machine.memory) && fits_into_ram(e.machine.memory);
  for (const Process* process : biggest_in_swap(e.machine.processes)) {
    if (*process->swapped <= kMuchOfOneProcess) return;
    out.push_back(
        {.what = fmt::format("{} has {} in swap", called(*process), to_string(*process->swapped)),
         .evidence = fmt::format("VmSwap of /proc/{}/status; {} of it is in RAM", process->pid,
                                 process->resident ? to_string(*process->resident) : "?"),
         .fix = fits ? "bring it back: RAM would hold it"
                     : "make room: RAM would not hold it; move or unload what is idle",
         .command =
             fits ? kDrain : fmt::format("spillway free --ram {}", process->swapped->count)});
  }
}

void swap_nearly_full(const Examined& e, std::vector<Diagnosis>& out) {
  const MemoryState& m = e.machine.memory;
  const auto used = used_swap(m);
  if (!used || ratio(*used, *m.swap_total) < kNearlyFull) return;
  const bool ram_full = m.available && m.total && ratio(*m.available, *m.total) < 0.10;
  out.push_back({.severity = ram_full ? Severity::problem : Severity::warning,
                 .what = fmt::format("swap is {} full", percent(ratio(*used, *m.swap_total))),
                 .evidence = fmt::format("{} of {} left, available RAM {}{}",
                                         to_string(*m.swap_free), to_string(*m.swap_total),
                                         m.available ? to_string(*m.available) : "?",
                                         holders(e.machine.processes)),
                 .fix = ram_full ? "make room now: the kernel kills next"
                                 : "bring it back while RAM has room, or add swap",
                 .command = ram_full           ? "spillway free --ram 2GiB"
                            : fits_into_ram(m) ? kDrain
                                               : "spillway who --swap"});
}

void no_swap(const Examined& e, std::vector<Diagnosis>& out) {
  const MemoryState& m = e.machine.memory;
  if (!m.swap_total || m.swap_total->count != 0) return;
  out.push_back(
      {.what = "there is no swap: the first overload ends in a kill",
       .evidence = "SwapTotal of /proc/meminfo is 0",
       .fix = "add zram, a quarter to a half of RAM: it gives way before the kernel kills",
       .command = fmt::format("sudo modprobe zram && D=$(sudo zramctl -f -s {}) && "
                              "sudo mkswap $D && sudo swapon -p 100 $D",
                              m.total ? m.total->count / 4 / 4096 * 4096 : 1 << 30)});
}

void swap_order(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& areas = e.machine.swaps;
  const auto first = [&](bool zram) {
    const SwapArea* best = nullptr;
    for (const SwapArea& area : areas) {
      if (area.is_zram() == zram && (best == nullptr || area.priority > best->priority))
        best = &area;
    }
    return best;
  };
  const SwapArea* zram = first(true);
  const SwapArea* disk = first(false);
  if (zram == nullptr || disk == nullptr || zram->priority > disk->priority) return;
  out.push_back(
      {.what = "the disk is used for swap before zram",
       .evidence = fmt::format("/proc/swaps: {} has priority {}, {} has {}", disk->path,
                               disk->priority, zram->path, zram->priority),
       .fix = "give zram the higher priority: it is a hundred times faster",
       .command = fmt::format("sudo swapoff {0} && sudo swapon -p {1} {0}", shell_word(zram->path),
                              std::max<std::int64_t>(100, disk->priority + 1))});
}

void swappiness(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& value = e.machine.kernel.swappiness;
  if (!value || e.machine.swaps.empty()) return;
  const bool zram = std::any_of(e.machine.swaps.begin(), e.machine.swaps.end(),
                                [](const SwapArea& area) { return area.is_zram(); });
  const std::string evidence = fmt::format("/proc/sys/vm/swappiness is {}", *value);
  if (*value == 0) {
    out.push_back({.what = "the kernel does not swap until it is nearly too late",
                   .evidence = evidence,
                   .fix = zram ? "100 to 180 with swap on zram" : "10 with swap on a disk",
                   .command = set_sysctl("vm.swappiness", zram ? "150" : "10")});
  } else if (!zram && *value > 100) {
    out.push_back(
        {.what = "the kernel swaps to the disk rather than drop file pages",
         .evidence = evidence,
         .fix = "above 100 is for swap that is faster than the disk; 10 with swap on a disk",
         .command = set_sysctl("vm.swappiness", "10")});
  }
}

constexpr std::array kChecks{Check{"swap-while-ram-is-free", swap_while_ram_is_free},
                             Check{"process-in-swap", process_in_swap},
                             Check{"swap-nearly-full", swap_nearly_full},
                             Check{"no-swap", no_swap},
                             Check{"swap-order", swap_order},
                             Check{"swappiness", swappiness}};

}  // namespace

std::span<const Check> swap_checks() { return kChecks; }

}  // namespace spillway::doctor
