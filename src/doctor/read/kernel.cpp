#include "doctor/read/kernel.h"

#include "doctor/read/fields.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kLongestFile = 64 * 1024;

struct NumberFile {
  const char* path;
  std::optional<std::int64_t> KernelSettings::*member;
};
constexpr std::array kNumbers{
    NumberFile{"/proc/sys/vm/swappiness", &KernelSettings::swappiness},
    NumberFile{"/proc/sys/vm/vfs_cache_pressure", &KernelSettings::vfs_cache_pressure},
    NumberFile{"/proc/sys/vm/dirty_ratio", &KernelSettings::dirty_ratio},
    NumberFile{"/proc/sys/vm/dirty_background_ratio", &KernelSettings::dirty_background_ratio},
    NumberFile{"/proc/sys/vm/dirty_bytes", &KernelSettings::dirty_bytes},
    NumberFile{"/proc/sys/vm/overcommit_memory", &KernelSettings::overcommit_memory},
    NumberFile{"/proc/sys/vm/watermark_scale_factor", &KernelSettings::watermark_scale_factor},
    NumberFile{"/proc/sys/vm/min_free_kbytes", &KernelSettings::min_free_kbytes},
    NumberFile{"/proc/sys/vm/panic_on_oom", &KernelSettings::panic_on_oom},
    NumberFile{"/sys/kernel/mm/lru_gen/min_ttl_ms", &KernelSettings::lru_gen_min_ttl_ms}};

std::string text_of(const SysRoot& root, const char* path) {
  const auto text = root.read(path, kLongestFile);
  return text ? std::string(trimmed(*text).substr(0, 256)) : std::string();
}

/// "0x0007": the only hexadecimal one.
std::optional<std::int64_t> mask_of(std::string_view text) {
  if (!text.starts_with("0x") || text.size() > 6) return parse_i64(text);
  std::int64_t mask = 0;
  for (const char c : text.substr(2)) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    mask = mask * 16 + static_cast<std::int64_t>(digit);
  }
  return mask;
}

std::optional<std::int64_t> oom_kills(const SysRoot& root) {
  const auto text = root.read("/proc/vmstat");
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  while (const auto line = next_line(rest)) {
    if (line->starts_with("oom_kill ")) return parse_i64(line->substr(9));
  }
  return std::nullopt;
}

}  // namespace

KernelSettings read_kernel(const SysRoot& root) {
  KernelSettings kernel;
  kernel.release = text_of(root, "/proc/sys/kernel/osrelease");
  for (const NumberFile& file : kNumbers)
    kernel.*(file.member) = parse_i64(text_of(root, file.path));
  kernel.huge_pages_enabled = chosen(text_of(root, "/sys/kernel/mm/transparent_hugepage/enabled"));
  kernel.huge_pages_defrag = chosen(text_of(root, "/sys/kernel/mm/transparent_hugepage/defrag"));
  kernel.lru_gen = mask_of(text_of(root, "/sys/kernel/mm/lru_gen/enabled"));
  kernel.oom_kills = oom_kills(root);
  return kernel;
}

}  // namespace spillway::doctor
