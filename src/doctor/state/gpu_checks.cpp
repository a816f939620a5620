#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/checks.h"
#include "doctor/state/driver_bugs.h"
#include "doctor/state/words.h"

namespace spillway::doctor {
namespace {

constexpr Bytes kMuchVram = 1_GiB;
constexpr double kMuchOfCard = 0.10;
constexpr std::string_view kNvidiaCard = "vram:GPU-";

/// Those who hold a card: "python3 main.py (4711), ollama (812)".
std::string users_of(const Holdings& holdings, const PoolId& card) {
  std::string text;
  for (const Holding& holding : holdings.programs) {
    if (holding.in(card).count == 0) continue;
    for (const pid_t pid : holding.pids) {
      text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", holding.program, pid);
    }
  }
  return text;
}

std::string reset_of(const PoolId& card) {
  if (!card.text.starts_with(kNvidiaCard)) return {};
  return fmt::format("sudo nvidia-smi --gpu-reset -i {}", shell_word(card.text.substr(5)));
}

/// VRAM that is used and that no living process holds.
void vram_without_owner(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Account& account : e.holdings.accounts) {
    if (account.pool.kind() != PoolKind::vram) continue;
    const Bytes lost = account.find(kUnaccounted).value_or(Bytes{});
    if (lost < kMuchVram || ratio(lost, account.total) < kMuchOfCard) continue;
    const std::string users = users_of(e.holdings, account.pool);
    out.push_back(
        {.severity = users.empty() ? Severity::problem : Severity::warning,
         .what = fmt::format("{} of VRAM are held by nobody who can be seen", to_string(lost)),
         .evidence = fmt::format("{}: {} in all; its processes: {}", account.pool.text,
                                 to_string(account.total), users.empty() ? "none" : users),
         .fix = users.empty()
                    ? "a crash has left it behind, or another container holds it: if none does, "
                      "reset the GPU"
                    : fmt::format("if it stays when these have stopped, reset the GPU: {}", users),
         .command = reset_of(account.pool)});
  }
}

void lost_gpu(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Finding& finding : e.kernel_log) {
    if (finding.kind != Kind::xid) continue;
    out.push_back(
        {.severity = Severity::problem,
         .what = fmt::format("the GPU's driver has reported {}", finding.because),
         .evidence = finding.evidence.empty() ? std::string("the kernel's log of this boot")
                                              : finding.evidence.front().text,
         .fix = "programs that used it then must be started anew; stop all of them before a reset",
         .command = "nvidia-smi --query-compute-apps=pid,name --format=csv  # who must stop; then "
                    "sudo nvidia-smi --gpu-reset"});
  }
}

void driver(const Examined& e, std::vector<Diagnosis>& out) {
  const std::string& version = e.machine.gpu.nvidia_version;
  for (const DriverBug& bug : driver_bugs(version)) {
    out.push_back({.what = fmt::format("NVIDIA's driver {} {}", version, bug.what),
                   .evidence = fmt::format("/sys/module/nvidia/version; {}", bug.source),
                   .fix = fmt::format("use {} or later", bug.fixed),
                   .command = {}});
  }
}

void broken_memory(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Gpu& gpu : e.machine.gpu.gpus) {
    if (gpu.uncorrectable_errors.value_or(0) > 0) {
      out.push_back(
          {.severity = Severity::problem,
           .what = fmt::format("memory of the GPU at {} has failed {} times beyond repair",
                               gpu.address, *gpu.uncorrectable_errors),
           .evidence = fmt::format("/sys/bus/pci/devices/{}/ras/umc_err_count", gpu.address),
           .fix = "restart the machine; if it goes on, the card is broken",
           .command = "sudo reboot"});
    }
    if (gpu.bad_pages.value_or(0) > 0) {
      out.push_back(
          {.what = fmt::format("the GPU at {} has retired {} pages of its memory", gpu.address,
                               *gpu.bad_pages),
           .evidence = fmt::format("/sys/bus/pci/devices/{}/ras/gpu_vram_bad_pages", gpu.address),
           .fix = "watch whether they become more: then the card is failing",
           .command =
               fmt::format("cat /sys/bus/pci/devices/{}/ras/gpu_vram_bad_pages", gpu.address)});
    }
  }
}

constexpr std::array kChecks{Check{"vram-without-owner", vram_without_owner},
                             Check{"gpu-error", lost_gpu}, Check{"gpu-driver", driver},
                             Check{"gpu-memory-errors", broken_memory}};

}  // namespace

std::span<const Check> gpu_checks() { return kChecks; }

}  // namespace spillway::doctor
