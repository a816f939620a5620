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

std::string reset_command(const Gpu& gpu) {
  if (gpu.driver != "nvidia") return "sudo reboot";
  return fmt::format("sudo nvidia-smi --gpu-reset -i {}",
                     shell_word(gpu.uuid.empty() ? gpu.address : gpu.uuid));
}

/// A GPU that was left bad. Who uses it has to stop before it can be reset.
void recovery(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Gpu& gpu : e.machine.gpu.gpus) {
    if (gpu.recovery.empty()) continue;
    const std::string users = users_of(e.holdings, PoolId{"vram:" + gpu.uuid});
    out.push_back(
        {.severity = Severity::problem,
         .what = fmt::format("the GPU at {} was left bad: its driver asks for {}", gpu.address,
                             gpu.recovery),
         .evidence = "gpu_recovery_action of nvidia-smi -q",
         .fix = users.empty() ? std::string("nobody who is known uses it: it can be done now")
                              : fmt::format("these must stop first: {}", users),
         .command = gpu.recovery.find("Reboot") == std::string::npos ? reset_command(gpu)
                                                                     : std::string("sudo reboot")});
  }
}

void broken_memory(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Gpu& gpu : e.machine.gpu.gpus) {
    const bool nvidia = gpu.driver == "nvidia";
    const std::string folder = fmt::format("/sys/bus/pci/devices/{}/ras/", gpu.address);
    if (gpu.uncorrectable_errors.value_or(0) > 0) {
      out.push_back(
          {.severity = Severity::problem,
           .what = fmt::format("memory of the GPU at {} has failed {} times beyond repair",
                               gpu.address, *gpu.uncorrectable_errors),
           .evidence = nvidia ? "ecc_errors of nvidia-smi -q, since its last reset"
                              : folder + "umc_err_count",
           .fix = "reset it; if it goes on, the card is broken",
           .command = reset_command(gpu)});
    }
    if (gpu.repair_failed) {
      out.push_back(
          {.severity = Severity::problem,
           .what = fmt::format("memory of the GPU at {} could not be repaired", gpu.address),
           .evidence = "remapped_row_failure of nvidia-smi -q",
           .fix = "have the card exchanged",
           .command = "nvidia-smi -q -d ROW_REMAPPER,PAGE_RETIREMENT"});
    } else if (gpu.repair_pending) {
      out.push_back(
          {.what = fmt::format("memory of the GPU at {} waits to be repaired", gpu.address),
           .evidence = "remapped_row_pending, pending_retirement of nvidia-smi -q",
           .fix = "reset it when nobody uses it",
           .command = reset_command(gpu)});
    }
    if (gpu.bad_pages.value_or(0) > 0) {
      out.push_back(
          {.what = fmt::format("the GPU at {} has retired {} pages of its memory", gpu.address,
                               *gpu.bad_pages),
           .evidence = nvidia ? "retired_pages of nvidia-smi -q" : folder + "gpu_vram_bad_pages",
           .fix = "watch whether they become more: then the card is failing",
           .command = nvidia ? "nvidia-smi -q -d PAGE_RETIREMENT"
                             : "cat " + folder + "gpu_vram_bad_pages"});
    }
  }
}

void not_persistent(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Gpu& gpu : e.machine.gpu.gpus) {
    if (gpu.persistence != false) continue;
    out.push_back({.severity = Severity::note,
                   .what = fmt::format("the driver lets go of the GPU at {} when nobody uses it",
                                       gpu.address),
                   .evidence = "persistence_mode of nvidia-smi -q is Disabled",
                   .fix = "on a server keep it: the next program starts seconds sooner",
                   .command = "sudo systemctl enable --now nvidia-persistenced"});
    return;
  }
}

/// What the driver says in one place and in another. The looks are some seconds apart, so only what no
/// allocation explains counts.
void disagreeing(const Examined& e, std::vector<Diagnosis>& out) {
  for (const PoolStatus& pool : e.report.pools) {
    const PoolId& card = pool.assessment.pool;
    const auto used = pool.assessment.used, total = pool.assessment.total;
    if (card.kind() != PoolKind::vram || !used || !total) continue;
    const auto differ = [&](Bytes a, Bytes b) {
      const Bytes more = std::max(a, b) - std::min(a, b);
      return more > 512_MiB && ratio(more, *total) > 0.05;
    };
    Bytes held;
    for (const DeviceUse& use : e.report.device_uses) {
      if (use.pool == card) held += use.bytes;
    }
    if (held > *used && differ(held, *used)) {
      out.push_back({.what = fmt::format("the processes of {} hold more than is in use", card.text),
                     .evidence = fmt::format("{} by process, {} in use by the card's own figure",
                                             to_string(held), to_string(*used)),
                     .fix = "memory that processes share counts for each of them: trust the card",
                     .command = "spillway who --vram"});
    }
    for (const Gpu& gpu : e.machine.gpu.gpus) {
      if ("vram:" + gpu.uuid != card.text || !gpu.used || !differ(*gpu.used, *used)) continue;
      const bool counts_reserved =
          !pool.reserved && gpu.reserved && !differ(*gpu.used + *gpu.reserved, *used);
      out.push_back(
          {.severity = counts_reserved ? Severity::note : Severity::warning,
           .what = fmt::format("NVML and nvidia-smi disagree about the GPU at {}", gpu.address),
           .evidence = fmt::format("{} in use by NVML, {} by nvidia-smi", to_string(*used),
                                   to_string(*gpu.used)),
           .fix = counts_reserved
                      ? "this driver's NVML counts what it keeps for itself as used: a newer one "
                        "(510 on) tells them apart"
                      : "look again; if it stays, restart spillwayd, whose driver library may be "
                        "older than the module",
           .command = "nvidia-smi -q -d MEMORY"});
    }
  }
}

constexpr std::array kChecks{Check{"vram-without-owner", vram_without_owner},
                             Check{"vram-figures", disagreeing},
                             Check{"gpu-recovery", recovery},
                             Check{"gpu-error", lost_gpu},
                             Check{"gpu-driver", driver},
                             Check{"gpu-memory-errors", broken_memory},
                             Check{"gpu-persistence", not_persistent}};

}  // namespace

std::span<const Check> gpu_checks() { return kChecks; }

}  // namespace spillway::doctor
