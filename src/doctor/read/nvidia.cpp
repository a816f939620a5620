#include "doctor/read/nvidia.h"

#include <algorithm>

#include "base/text.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

std::string_view element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  return between(xml, open, close).value_or(std::string_view());
}

std::optional<bool> yes(std::string_view text) {
  if (text == "Yes" || text == "Enabled") return true;
  if (text == "No" || text == "Disabled") return false;
  return std::nullopt;
}

/// The sum of those that are told.
std::optional<std::uint64_t> sum_of(std::string_view xml,
                                    std::initializer_list<const char*> names) {
  std::optional<std::uint64_t> sum;
  for (const char* name : names) {
    const auto count = parse_u64(trimmed(element(xml, name)));
    if (count && *count < (1U << 30)) sum = sum.value_or(0) + *count;
  }
  return sum;
}

/// What is to be done with it; empty where nothing is.
std::string recovery_of(std::string_view gpu) {
  const std::string_view action = trimmed(element(gpu, "gpu_recovery_action"));
  if (!action.empty() && action.size() <= 32) {
    return action == "None" || action == "N/A" ? std::string() : std::string(action);
  }
  return yes(element(gpu, "reset_required")) == true ? "Reset" : std::string();
}

/// "1234 MiB", of at most an exbibyte.
std::optional<Bytes> amount(std::string_view text) {
  text = trimmed(text);
  if (!text.ends_with(" MiB")) return std::nullopt;
  const auto count = parse_u64(text.substr(0, text.size() - 4));
  if (!count || *count > (std::uint64_t{1} << 40)) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(*count << 20)};
}

void add(std::string_view xml, Gpu& gpu) {
  gpu.uuid = trimmed(element(xml, "uuid")).substr(0, 64);
  const std::string_view memory = element(xml, "fb_memory_usage");
  gpu.used = amount(element(memory, "used"));
  gpu.reserved = amount(element(memory, "reserved"));
  gpu.persistence = yes(element(xml, "persistence_mode"));
  // Since the last reset; the names of SRAM's have changed between drivers.
  gpu.uncorrectable_errors = sum_of(element(element(xml, "ecc_errors"), "volatile"),
                                    {"dram_uncorrectable", "sram_uncorrectable",
                                     "sram_uncorrectable_parity", "sram_uncorrectable_secded"});
  const std::string_view retired = element(xml, "retired_pages");
  const auto single = sum_of(element(retired, "multiple_single_bit_retirement"), {"retired_count"});
  const auto twofold = sum_of(element(retired, "double_bit_retirement"), {"retired_count"});
  if (single || twofold) gpu.bad_pages = single.value_or(0) + twofold.value_or(0);
  gpu.repair_pending = yes(element(xml, "remapped_row_pending")) == true ||
                       yes(element(xml, "pending_retirement")) == true;
  gpu.repair_failed = yes(element(xml, "remapped_row_failure")) == true;
  gpu.recovery = recovery_of(xml);
}

}  // namespace

void add_nvidia_smi(std::string_view xml, GpuState& state) {
  while (const auto rest = after(xml, "<gpu id=\"")) {
    const std::string_view id = before(*rest, "\"");  // "00000000:41:00.0"
    std::string_view body = before(*rest, "<gpu id=\"");
    const std::size_t end = body.find("</gpu>");
    xml = rest->substr(body.size());
    if (end == std::string_view::npos || id.size() < 12) continue;  // cut off
    const std::string_view address = id.substr(id.size() - 12);
    for (Gpu& gpu : state.gpus) {
      const bool same = gpu.driver == "nvidia" &&
                        std::equal(address.begin(), address.end(), gpu.address.begin(),
                                   gpu.address.end(), [](char a, char b) {
                                     return (a >= 'A' && a <= 'F' ? a - 'A' + 'a' : a) == b;
                                   });
      if (same) add(body.substr(0, end), gpu);
    }
  }
}

}  // namespace spillway::doctor
