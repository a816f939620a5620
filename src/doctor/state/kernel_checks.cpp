#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/checks.h"
#include "doctor/state/words.h"

// Settings of the kernel that cost memory or work. What could merely be better is advice of
// `spillway tune`, not a finding: a stock desktop is healthy.

namespace spillway::doctor {
namespace {

constexpr std::int64_t kMuchDirty = 40;  // percent
constexpr double kNearCommitLimit = 0.90;
constexpr double kIdleHugePages = 0.05;  // of RAM
constexpr double kMuchKeptFree = 0.05;   // of RAM
constexpr std::size_t kNamed = 3;

void oom_kills(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& kills = e.machine.kernel.oom_kills;
  if (!kills || *kills == 0) return;
  std::string victims;
  std::size_t named = 0;
  for (auto finding = e.kernel_log.rbegin(); finding != e.kernel_log.rend(); ++finding) {
    const bool kill = finding->kind == Kind::kernel_oom || finding->kind == Kind::memcg_oom;
    if (!kill || !finding->victim) continue;
    if (++named > kNamed) break;
    victims += (victims.empty() ? "; the latest: " : ", ") + finding->victim->name;
    if (!finding->cgroup.empty()) victims += " in " + finding->cgroup;
  }
  out.push_back(
      {.severity = Severity::problem,
       .what = fmt::format("the kernel has killed {} since boot because memory ran out",
                           *kills == 1 ? "a process" : fmt::format("{} processes", *kills)),
       .evidence = fmt::format("oom_kill {} in /proc/vmstat{}", *kills, victims),
       .fix = "see what ran out, who held it and why",
       .command = "spillway explain --boot"});
}

void panics(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& value = e.machine.kernel.panic_on_oom;
  if (!value || *value == 0) return;
  out.push_back({.what = "the whole machine stops when memory runs out",
                 .evidence = fmt::format("/proc/sys/vm/panic_on_oom is {}", *value),
                 .fix = "let the kernel end one process instead",
                 .command = set_sysctl("vm.panic_on_oom", "0")});
}

void keeps_file_names(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& value = e.machine.kernel.vfs_cache_pressure;
  if (value != 0) return;
  out.push_back({.what = "the kernel never gives back its cache of file names",
                 .evidence = "/proc/sys/vm/vfs_cache_pressure is 0",
                 .fix = "50 keeps it longer than other caches, and not for ever",
                 .command = set_sysctl("vm.vfs_cache_pressure", "50")});
}

void much_dirty(const Examined& e, std::vector<Diagnosis>& out) {
  const KernelSettings& k = e.machine.kernel;
  if (k.dirty_bytes.value_or(0) != 0 || !k.dirty_ratio || *k.dirty_ratio <= kMuchDirty) return;
  out.push_back(
      {.what = fmt::format("up to {} % of RAM may wait to be written to disk", *k.dirty_ratio),
       .evidence = fmt::format("/proc/sys/vm/dirty_ratio is {}", *k.dirty_ratio),
       .fix = "such pages cannot be given back until they are written: 15, and 5 in the background",
       .command = set_sysctl("vm.dirty_ratio", "15") + " vm.dirty_background_ratio=5"});
}

void strict_overcommit(const Examined& e, std::vector<Diagnosis>& out) {
  const MemoryState& m = e.machine.memory;
  if (e.machine.kernel.overcommit_memory != 2 || !m.committed || !m.commit_limit) return;
  const bool nvidia = std::any_of(e.machine.gpu.gpus.begin(), e.machine.gpu.gpus.end(),
                                  [](const Gpu& gpu) { return gpu.driver == "nvidia"; });
  const bool near = ratio(*m.committed, *m.commit_limit) >= kNearCommitLimit;
  if (!near && !nvidia) return;
  out.push_back(
      {.severity = near ? Severity::problem : Severity::warning,
       .what = near ? "programs are refused memory although some is free"
                    : "CUDA reserves far more addresses than memory, and may be refused them",
       .evidence = fmt::format("/proc/sys/vm/overcommit_memory is 2; {} of {} are promised",
                               to_string(*m.committed), to_string(*m.commit_limit)),
       .fix = "0 lets the kernel judge each request",
       .command = set_sysctl("vm.overcommit_memory", "0")});
}

void stalls_for_huge_pages(const Examined& e, std::vector<Diagnosis>& out) {
  const KernelSettings& k = e.machine.kernel;
  if (k.huge_pages_enabled != "always" || k.huge_pages_defrag != "always") return;
  out.push_back({.what = "every program waits for huge pages to be made when memory is fragmented",
                 .evidence = "/sys/kernel/mm/transparent_hugepage: enabled and defrag are always",
                 .fix = "leave that to programs that ask for it",
                 .command = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/defrag"});
}

void idle_huge_pages(const Examined& e, std::vector<Diagnosis>& out) {
  const MemoryState& m = e.machine.memory;
  if (!m.total || !m.huge_pages || !m.huge_pages_total || !m.huge_pages_free) return;
  if (*m.huge_pages_total == 0) return;
  const double idle =
      static_cast<double>(*m.huge_pages_free) / static_cast<double>(*m.huge_pages_total);
  const Bytes bytes = scaled(*m.huge_pages, idle);
  if (ratio(bytes, *m.total) < kIdleHugePages) return;
  out.push_back(
      {.what = fmt::format("{} are set aside as huge pages that nobody uses", to_string(bytes)),
       .evidence = fmt::format("/proc/meminfo: HugePages_Free {} of {}", *m.huge_pages_free,
                               *m.huge_pages_total),
       .fix = "set aside only those in use: nothing else can have them",
       .command = set_sysctl("vm.nr_hugepages",
                             std::to_string(*m.huge_pages_total -
                                            std::min(*m.huge_pages_total, *m.huge_pages_free)))});
}

void keeps_much_free(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& kept = e.machine.kernel.min_free_kbytes;
  const auto& total = e.machine.memory.total;
  if (!kept || !total || *kept > total->count) return;
  const Bytes bytes{*kept * 1024};
  if (ratio(bytes, *total) <= kMuchKeptFree) return;
  out.push_back(
      {.what = fmt::format("the kernel keeps {} free that nobody may have", to_string(bytes)),
       .evidence = fmt::format("/proc/sys/vm/min_free_kbytes is {}, {} of RAM", *kept,
                               percent(ratio(bytes, *total))),
       .fix = "it kills at that point; 1 % of RAM is much",
       .command = set_sysctl("vm.min_free_kbytes", std::to_string(total->count / 1024 / 100))});
}

constexpr std::array kChecks{
    Check{"kernel-oom-kills", oom_kills},          Check{"panic-on-oom", panics},
    Check{"vfs-cache-pressure", keeps_file_names}, Check{"dirty-ratio", much_dirty},
    Check{"overcommit", strict_overcommit},        Check{"huge-page-stalls", stalls_for_huge_pages},
    Check{"idle-huge-pages", idle_huge_pages},     Check{"min-free", keeps_much_free}};

}  // namespace

std::span<const Check> kernel_checks() { return kChecks; }

}  // namespace spillway::doctor
