#include "doctor/tune/in_force.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/read/memory.h"
#include "doctor/tune/sysctl_files.h"

namespace spillway::doctor {
namespace {

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
  const auto ram = read_memory(root).total;
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
  const auto sysctls = configured_sysctls(root);
  std::vector<InForce> states;
  for (const TuneChanged& change : manifest.changes) {
    InForce state{.key = change.key, .wanted = change.after};
    const auto file = std::find_if(manifest.files.begin(), manifest.files.end(),
                                   [&](const TuneFile& f) { return f.path == change.file; });
    if (file != manifest.files.end()) {
      const std::string path = application.place_of(*file);
      const auto text = tree.read(path);
      state.in_file = text && *text && **text == file->text;
      const auto counts = sysctls.find(change.key);
      if (counts != sysctls.end() && counts->second.value != change.after) {
        state.overridden_by = counts->second.file;
      }
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
