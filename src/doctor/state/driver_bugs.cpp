#include "doctor/state/driver_bugs.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace spillway::doctor {
namespace {

constexpr std::array kBugs{
    DriverBug{
        "535.43.02", "535.86.05",
        "can bring the kernel down when VRAM is full, and loses VRAM when a monitor is turned off",
        "NVIDIA's release notes of 535.86.05"},
    DriverBug{"535.43.02", "535.98",
              "names wrong processes and amounts to programs that ask NVML's older interface who "
              "holds VRAM",
              "github.com/XuehaiPan/nvitop/issues/88"},
    DriverBug{"535.161.07", "535.161.08",
              "its open kernel modules lose RAM for each large allocation of pinned memory",
              "github.com/NVIDIA/open-gpu-kernel-modules/issues/613"}};

/// "535.54.03" -> {535, 54, 3}; empty for anything else.
std::vector<std::uint64_t> parts(std::string_view version) {
  std::vector<std::uint64_t> numbers;
  while (const auto part = next_token(version, '.')) {
    const auto number = parse_u64(*part);
    if (!number || numbers.size() == 4) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

std::vector<DriverBug> driver_bugs(std::string_view version) {
  const auto here = parts(version);
  std::vector<DriverBug> bugs;
  if (here.empty()) return bugs;
  std::copy_if(kBugs.begin(), kBugs.end(), std::back_inserter(bugs), [&](const DriverBug& bug) {
    return here >= parts(bug.first) && here < parts(bug.fixed);
  });
  return bugs;
}

}  // namespace spillway::doctor
