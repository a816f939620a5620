#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/time.h"
#include "doctor/state/checks.h"
#include "doctor/state/words.h"

namespace spillway::doctor {
namespace {

constexpr int kSpared = -900;  // oom_score_adj: hardly ever chosen
constexpr double kMuchRam = 0.25;
constexpr double kNearLimit = 0.90;         // of RLIMIT_AS
constexpr double kLeak = 32.0 * (1 << 20);  // bytes per hour: 768 MiB a day
constexpr double kSureLeak = 0.5;           // the interval at most this part of the slope
constexpr double kMostlyVirtual = 4;        // times RAM
constexpr std::size_t kNamed = 3;

void spared_by_the_kernel(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& total = e.machine.memory.total;
  for (const Process& process : e.machine.processes) {
    if (!total || !process.oom_score_adj || *process.oom_score_adj > kSpared) continue;
    if (ratio(process.own().value_or(Bytes{}), *total) < kMuchRam) continue;
    out.push_back(
        {.severity = Severity::problem,
         .what = fmt::format("{} holds {} of RAM and the kernel must not end it", called(process),
                             percent(ratio(*process.own(), *total))),
         .evidence =
             fmt::format("oom_score_adj is {}: everybody else dies first", *process.oom_score_adj),
         .fix = "spare small programs that others need, never the one that holds the memory",
         .command = fmt::format("echo 0 | sudo tee /proc/{}/oom_score_adj", process.pid)});
  }
}

bool uses_gpu(const Examined& e, pid_t pid) {
  const auto& uses = e.report.device_uses;
  return std::any_of(uses.begin(), uses.end(),
                     [&](const DeviceUse& use) { return use.pid == pid; });
}

void address_limit(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Process& process : e.machine.processes) {
    if (!process.address_limit || !process.virtual_size) continue;
    const bool near = ratio(*process.virtual_size, *process.address_limit) >= kNearLimit;
    const bool gpu = uses_gpu(e, process.pid);
    if (!near && !gpu) continue;
    out.push_back(
        {.what = gpu ? fmt::format("{} uses a GPU under a limit of addresses", called(process))
                     : fmt::format("{} has nearly used up its limit of addresses", called(process)),
         .evidence =
             fmt::format("RLIMIT_AS {}, mapped {}, in RAM {}", to_string(*process.address_limit),
                         to_string(*process.virtual_size),
                         process.resident ? to_string(*process.resident) : "?"),
         .fix = "limit memory with MemoryMax= of its unit: addresses are no memory, and CUDA maps "
                "a great many",
         .command = fmt::format("sudo prlimit --pid {} --as=unlimited", process.pid)});
  }
}

void leaks(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Growth& growth : e.history.growth) {
    const bool sure = growth.error <= kSureLeak * growth.per_hour;
    if (growth.per_hour - growth.error < kLeak || !sure || !growth.steady) continue;
    const Bytes per_hour{static_cast<std::int64_t>(growth.per_hour)};
    const Bytes error{static_cast<std::int64_t>(growth.error)};
    out.push_back(
        {.what = fmt::format("{} ({}) grows by {} an hour in {} and may be leaking", growth.name,
                             growth.pid, to_string(per_hour), growth.pool.text),
         .evidence = fmt::format("from {} to {} in {}, {} looks; 95 % sure to be within {} of it",
                                 to_string(growth.from), to_string(growth.to),
                                 to_string(growth.span), growth.looks, to_string(error)),
         .fix = "restart it when it is idle, and look at its caches",
         .command = fmt::format("spillway why {}", growth.pid)});
  }
}

void leaks_not_judged(const Examined& e, std::vector<Diagnosis>& out) {
  if (e.history.span == Duration{} || !e.history.growth.empty()) return;
  out.push_back(
      {.severity = Severity::note,
       .what = "too little was recorded to tell leaks",
       .evidence = fmt::format("the journal covers {}; twelve looks at a process over two "
                               "hours are needed",
                               to_string(e.history.span)),
       .fix = "ask again later",
       .command = {}});
}

void virtual_size(const Examined& e, std::vector<Diagnosis>& out) {
  const auto& total = e.machine.memory.total;
  if (!total) return;
  std::vector<const Process*> found;
  for (const Process& process : e.machine.processes) {
    if (!process.virtual_size || !process.resident) continue;
    const bool mostly_virtual = ratio(*process.virtual_size, *total) >= kMostlyVirtual &&
                                ratio(*process.resident, *process.virtual_size) < 0.1;
    if (mostly_virtual) found.push_back(&process);
  }
  if (found.empty()) return;
  std::stable_sort(found.begin(), found.end(), [](const Process* a, const Process* b) {
    return *a->virtual_size > *b->virtual_size;
  });
  std::string named;
  for (std::size_t i = 0; i < std::min(found.size(), kNamed); ++i) {
    named += fmt::format("{}{} {} mapped, {} in RAM", i == 0 ? "" : "; ", called(*found[i]),
                         to_string(*found[i]->virtual_size), to_string(*found[i]->resident));
  }
  out.push_back({.severity = Severity::note,
                 .what = "some programs map far more than there is: that is no problem",
                 .evidence = named,
                 .fix = "nothing: addresses are no memory",
                 .command = {}});
}

constexpr std::array kChecks{Check{"spared-by-the-kernel", spared_by_the_kernel},
                             Check{"address-limit", address_limit}, Check{"leak", leaks},
                             Check{"leak-unknown", leaks_not_judged},
                             Check{"virtual-size", virtual_size}};

}  // namespace

std::span<const Check> process_checks() { return kChecks; }

}  // namespace spillway::doctor
