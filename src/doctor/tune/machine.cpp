#include "doctor/tune/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/read/memory.h"
#include "doctor/tune/runtimes.h"
#include "doctor/tune/settings.h"
#include "doctor/tune/sysctl_files.h"

namespace spillway::doctor {
namespace {

// Where systemd looks for units, the least important first (systemd.unit(5)).
constexpr std::array<std::string_view, 4> kUnitFolders{
    "/usr/lib/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/system",
    "/etc/systemd/system"};

bool exists_in_any(const SysRoot& root, std::initializer_list<std::string_view> paths) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](std::string_view path) { return root.exists(path); });
}

void read_directives(std::string_view text, std::map<std::string, std::string>& into) {
  while (const auto line = next_token(text, '\n')) {
    const std::string_view words = trimmed(*line);
    const auto equals = words.find('=');
    if (words.starts_with('#') || words.starts_with(';') || equals == words.npos) continue;
    into[std::string(trimmed(words.substr(0, equals)))] = trimmed(words.substr(equals + 1));
  }
}

/// The drop-ins of a unit by file name; of one name the most important folder's counts.
std::map<std::string, std::string> drop_ins(const SysRoot& root, const std::string& unit) {
  std::map<std::string, std::string> paths;
  for (const std::string_view folder : kUnitFolders) {
    const std::string below = std::string(folder) + "/" + unit + ".d";
    for (const std::string& name : root.list(below).value_or(std::vector<std::string>{})) {
      if (name.ends_with(".conf")) paths[name] = fmt::format("{}/{}", below, name);
    }
  }
  return paths;
}

std::optional<UnitFile> read_unit(const SysRoot& root, const std::string& name) {
  UnitFile unit{name, {}};
  bool found = false;
  for (auto folder = kUnitFolders.rbegin(); folder != kUnitFolders.rend() && !found; ++folder) {
    const auto text = root.read(std::string(*folder) + "/" + name);
    found = text.has_value();
    if (found) read_directives(*text, unit.directives);
  }
  if (!found) return std::nullopt;
  for (const auto& [file, path] : drop_ins(root, name)) {
    if (const auto text = root.read(path)) read_directives(*text, unit.directives);
  }
  return unit;
}

/// Somebody has told zram-generator already, in its file or in drop-ins (zram-generator.conf(5)).
bool is_zram_configured(const SysRoot& root) {
  const std::string file = "/etc/systemd/zram-generator.conf";
  std::string text = root.read(file).value_or("");
  for (const std::string& name : root.list(file + ".d").value_or(std::vector<std::string>{})) {
    text += fmt::format("\n{}", root.read(fmt::format("{}.d/{}", file, name)).value_or(""));
  }
  std::map<std::string, std::string> directives;
  read_directives(text, directives);
  return directives.contains("zram-size") || directives.contains("zram-fraction");
}

bool has_swap_line(std::string_view fstab) {
  while (const auto line = next_token(fstab, '\n')) {
    std::string_view words = trimmed(*line);
    if (words.starts_with('#')) continue;
    std::optional<std::string_view> type;
    for (int field = 0; field < 3; ++field) type = next_word(words);
    if (type == "swap") return true;
  }
  return false;
}

}  // namespace

bool TuneMachine::has_disk_swap() const {
  const bool in_use =
      std::any_of(swaps.begin(), swaps.end(), [](const SwapArea& swap) { return !swap.is_zram(); });
  return in_use || swap_in_fstab;
}

TuneMachine read_tune_machine(const SysRoot& root, const std::vector<std::string>& units) {
  TuneMachine machine;
  machine.memory = read_memory(root);
  machine.running = root.exists("/proc/meminfo");
  machine.swaps = read_swap_areas(root);
  machine.swap_in_fstab = has_swap_line(root.read("/etc/fstab").value_or(""));
  machine.zrams = read_zram(root);
  for (const KernelSetting& setting : kernel_settings()) {
    if (const auto text = root.read(setting.live)) {
      machine.values[std::string(setting.key)] = trimmed(*text);
    }
  }
  if (!machine.running) {
    for (const auto& [key, line] : configured_sysctls(root)) machine.values[key] = line.value;
  }
  machine.zram_configured = is_zram_configured(root);
  machine.has_zram_generator =
      exists_in_any(root, {"/usr/lib/systemd/system-generators/zram-generator",
                           "/lib/systemd/system-generators/zram-generator"});
  machine.has_oomd =
      exists_in_any(root, {"/usr/lib/systemd/systemd-oomd", "/lib/systemd/systemd-oomd"});
  std::vector<std::string> names = units;
  for (const Runtime& runtime : runtimes()) {
    const std::string name(runtime.unit);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  for (const std::string& name : names) {
    if (auto unit = read_unit(root, name)) machine.units.push_back(std::move(*unit));
  }
  return machine;
}

}  // namespace spillway::doctor
