#include "port/cgroup_fs.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace spillway {
namespace {

bool lists(std::string_view words, char separator, std::string_view wanted) {
  while (const auto word = next_token(words, separator)) {
    if (*word == wanted) return true;
  }
  return false;
}

/// mountinfo writes blanks and backslashes of a path as \ooo.
std::string unescaped(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// "ID PARENT MAJOR:MINOR ROOT MOUNT OPTIONS [TAG...] - TYPE SOURCE SUPEROPTIONS"
std::optional<CgroupHierarchy> parse_mount(std::string_view line) {
  for (int skipped = 0; skipped < 3; ++skipped) next_word(line);
  const auto root = next_word(line);
  const auto mount = next_word(line);
  const auto dash = line.find(" - ");
  if (!root || !mount || dash == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(dash + 3);
  const auto type = next_word(rest);
  next_word(rest);
  const auto options = next_word(rest);
  const bool v2 = type == "cgroup2";
  const bool v1_memory = type == "cgroup" && options && lists(*options, ',', "memory");
  if (!v2 && !v1_memory) return std::nullopt;
  return CgroupHierarchy{v2 ? CgroupVersion::v2 : CgroupVersion::v1, unescaped(*mount),
                         unescaped(*root), v1_memory};
}

}  // namespace

std::vector<CgroupHierarchy> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupHierarchy> found;
  while (const auto line = next_token(mountinfo, '\n')) {
    auto mount = parse_mount(*line);
    if (!mount) continue;
    const bool known = std::any_of(found.begin(), found.end(), [&](const CgroupHierarchy& h) {
      return h.version == mount->version;
    });
    if (!known) found.push_back(*std::move(mount));
  }
  return found;
}

std::optional<std::string_view> parse_group(std::string_view text, CgroupVersion version) {
  while (auto line = next_token(text, '\n')) {
    const auto number = next_token(*line, ':');
    const auto first = line->find(':');
    if (!number || first == std::string_view::npos) continue;
    const std::string_view controllers = line->substr(0, first);
    const std::string_view group = line->substr(first + 1);
    const bool fits = version == CgroupVersion::v2 ? number == "0" && controllers.empty()
                                                   : lists(controllers, ',', "memory");
    if (fits && group.starts_with('/')) return group;
  }
  return std::nullopt;
}

std::optional<std::string> CgroupHierarchy::directory(std::string_view group) const {
  if (!group.starts_with('/') || lists(group, '/', "..")) return std::nullopt;
  if (root != "/") {
    const bool inside =
        group.starts_with(root) && (group.size() == root.size() || group[root.size()] == '/');
    // A group that is not below what is mounted is named as its own namespace sees it.
    if (inside) group.remove_prefix(root.size());
  }
  while (group.ends_with('/')) group.remove_suffix(1);
  return mount + std::string(group);
}

std::vector<std::string> CgroupHierarchy::chain(std::string_view group) const {
  std::vector<std::string> directories;
  auto at = directory(group);
  while (at && at->size() >= mount.size()) {
    directories.push_back(*at);
    if (at->size() == mount.size()) break;
    at->resize(at->rfind('/'));
  }
  return directories;
}

Result<CgroupFs> CgroupFs::locate(const SysRoot& root) {
  CgroupFs found(root);
  const auto mounts = root.read("/proc/self/mountinfo");
  if (!mounts) {
    if (is_absent(mounts.error())) return found;
    return tl::unexpected(mounts.error());
  }
  for (CgroupHierarchy& mount : parse_cgroup_mounts(*mounts)) {
    if (mount.version == CgroupVersion::v2) {
      const auto controllers = root.read(mount.mount + "/cgroup.controllers");
      mount.memory = controllers && lists(trimmed(*controllers), ' ', "memory");
      found.unified_ = mount;
    }
    if (mount.memory) found.memory_ = std::move(mount);  // in one of them only: the kernel's rule
  }
  return found;
}

Result<std::string> CgroupFs::group_of(pid_t pid) const {
  const std::string path = "/proc/" + std::to_string(pid) + "/cgroup";
  const auto& hierarchy = memory_ ? memory_ : unified_;
  if (!hierarchy) return fail(Errc::not_found, "no cgroups are mounted", root_.where(path));
  const auto text = root_.read(path);
  if (!text) return tl::unexpected(text.error());
  const auto group = parse_group(*text, hierarchy->version);
  if (!group) return fail(Errc::not_found, "names no cgroup", root_.where(path));
  return std::string(*group);
}

}  // namespace spillway
