#include "doctor/tune/in_force.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace spillway::doctor {
namespace {

constexpr std::array<std::string_view, 4> kSysctlFolders{
    "/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"};

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// "vm.swappiness" or "vm/swappiness", with a '-' where errors do not matter (sysctl.d(5)).
bool sets_otherwise(std::string_view text, std::string_view key, std::string_view wanted) {
  while (const auto line = next_token(text, '\n')) {
    const auto equals = line->find('=');
    std::string_view name = trimmed(line->substr(0, equals));
    if (equals == line->npos || name.starts_with('#') || name.starts_with(';')) continue;
    if (name.starts_with('-')) name.remove_prefix(1);
    std::string dotted(name);
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    if (dotted == key && trimmed(line->substr(equals + 1)) != wanted) return true;
  }
  return false;
}

std::string overriding(const SysRoot& root, std::string_view ours, const TuneChanged& change) {
  for (const std::string_view folder : kSysctlFolders) {
    for (const std::string& name : root.list(folder).value_or(std::vector<std::string>{})) {
      if (!name.ends_with(".conf") || name <= file_name(ours)) continue;
      const std::string path = std::string(folder) + "/" + name;
      if (sets_otherwise(root.read(path).value_or(""), change.key, change.after)) return path;
    }
  }
  return {};
}

/// The cgroup's file that shows a directive of systemd.resource-control(5).
struct GroupFile {
  std::string_view directive, file;
};
constexpr std::array<GroupFile, 3> kGroupFiles{{{"MemoryHigh", "memory.high"},
                                                {"MemoryMax", "memory.max"},
                                                {"MemorySwapMax", "memory.swap.max"}}};

void look_at_unit(const SysRoot& root, const std::string& unit, const std::string& directive,
                  InForce& state) {
  const auto file = std::find_if(kGroupFiles.begin(), kGroupFiles.end(),
                                 [&](const GroupFile& g) { return g.directive == directive; });
  state.pending = "systemctl restart " + unit;
  if (file == kGroupFiles.end()) return;
  const std::string group = unit.ends_with(".slice") ? unit : "system.slice/" + unit;
  const auto text = root.read("/sys/fs/cgroup/" + group + "/" + std::string(file->file));
  if (!text) return;  // it does not run
  state.found = trimmed(*text);
  const auto bytes = parse_u64(*state.found);
  const auto wanted = parse_bytes(state.wanted);
  state.live = bytes && wanted && *bytes == static_cast<std::uint64_t>(wanted->count);
}

void look_at_zram(const SysRoot& root, const std::string& name, InForce& state) {
  state.pending = "systemctl daemon-reload && systemctl restart systemd-zram-setup@zram0.service";
  const std::string file = name == "zram-size" ? "disksize" : "comp_algorithm";
  const auto text = root.read("/sys/block/zram0/" + file);
  if (!text || name == "swap-priority") return;
  state.found = trimmed(*text);
  if (name == "compression-algorithm") {
    state.live = state.found->find("[" + state.wanted + "]") != std::string::npos;
    return;
  }
  const auto size = parse_u64(*state.found);
  const auto ram = meminfo_field(root.read("/proc/meminfo").value_or(""), "MemTotal");
  if (!size || !ram || *size > (1ULL << 62)) return;
  const double share = ratio(Bytes{static_cast<std::int64_t>(*size)}, *ram);
  state.live = share >= 0.24 && share <= 0.51;
}

void look_at_value(const SysRoot& root, const TuneChanged& change, InForce& state) {
  const auto text = root.read(change.live);
  if (!text) return;
  state.found = trimmed(*text);
  state.live = state.found == change.after;
}

}  // namespace

std::vector<InForce> in_force(const TuneApplication& application, const Tree& tree,
                              const SysRoot& root) {
  const TuneManifest& manifest = application.manifest;
  std::vector<InForce> states;
  for (const TuneChanged& change : manifest.changes) {
    InForce state{.key = change.key, .wanted = change.after};
    const auto file = std::find_if(manifest.files.begin(), manifest.files.end(),
                                   [&](const TuneFile& f) { return f.path == change.file; });
    if (file != manifest.files.end()) {
      const std::string path = application.place_of(*file);
      const auto text = tree.read(path);
      state.in_file = text && *text && **text == file->text;
      state.overridden_by = overriding(root, path, change);
    }
    const std::string name = change.key.substr(change.key.rfind('.') + 1);
    if (manifest.live) {
      if (!change.live.empty())
        look_at_value(root, change, state);
      else if (!change.unit.empty())
        look_at_unit(root, change.unit, name, state);
      else
        look_at_zram(root, name, state);
    }
    if (state.live.value_or(false)) state.pending.clear();
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace spillway::doctor
