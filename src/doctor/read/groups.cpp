#include "doctor/read/groups.h"

#include <algorithm>

#include "doctor/read/fields.h"
#include "port/cgroup_fs.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostGroups = 2000;
constexpr int kDeepest = 8;
constexpr std::size_t kLongestFile = 64 * 1024;
constexpr Bytes kNoLimit{std::int64_t{1} << 60};  // v1 says "unlimited" with a number near 2^63

/// What the kernel calls a group's own files; all others are groups below it.
bool is_interface_file(std::string_view name) {
  constexpr std::array<std::string_view, 20> kBeginnings{
      "cgroup.",  "memory.",   "cpu.",        "cpuacct.",          "cpuset.",
      "io.",      "blkio.",    "pids.",       "hugetlb.",          "rdma.",
      "misc.",    "dmem.",     "irq.",        "devices.",          "freezer.",
      "net_cls.", "net_prio.", "perf_event.", "notify_on_release", "release_agent"};
  return name == "tasks" ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

/// The names of one version's files.
struct Files {
  const char *used, *max, *high, *swap_max, *events;
};
constexpr Files kV2{"memory.current", "memory.max", "memory.high", "memory.swap.max",
                    "memory.events"};
constexpr Files kV1{"memory.usage_in_bytes", "memory.limit_in_bytes", "", "", "memory.oom_control"};

class GroupReader {
 public:
  GroupReader(SysRoot root, CgroupVersion version)
      : root_(std::move(root)),
        files_(version == CgroupVersion::v2 ? kV2 : kV1),
        version_(version) {}

  void walk(const std::string& path, int depth) {
    if (looked_at_++ >= kMostGroups) return;
    if (depth > 0) look_at(path);
    if (depth == kDeepest) return;
    const auto names = root_.list(path);
    if (!names) return;  // it has been removed
    for (const std::string& name : *names) {
      const std::string below = path + "/" + name;
      if (!is_interface_file(name) && root_.exists(below + "/cgroup.procs")) walk(below, depth + 1);
    }
  }

  std::vector<Group> take() { return std::move(groups_); }

 private:
  void look_at(const std::string& path) {
    Group group{.path = path.substr(1)};
    group.max = limit(path, files_.max);
    read_events(path, group);
    if (!group.max && group.oom_kills.value_or(0) == 0) return;
    if (version_ == CgroupVersion::v2) {
      group.high = limit(path, files_.high);
      group.swap_max = limit(path, files_.swap_max);
    }
    group.used = amount_of(trimmed(text(path, files_.used)));
    group.file_cache = file_cache(path);
    groups_.push_back(std::move(group));
  }

  std::string text(const std::string& path, const char* file) const {
    return root_.read(path + "/" + file, kLongestFile).value_or("");
  }
  std::optional<Bytes> limit(const std::string& path, const char* file) const {
    const auto bytes = amount_of(trimmed(text(path, file)));
    return bytes && *bytes < kNoLimit ? bytes : std::nullopt;
  }

  void read_events(const std::string& path, Group& group) const {
    const std::string events = text(path, files_.events);
    std::string_view rest = events;
    while (const auto line = next_line(rest)) {
      if (line->starts_with("oom_kill ")) group.oom_kills = parse_u64(line->substr(9));
      if (line->starts_with("max ")) group.limit_hits = parse_u64(line->substr(4));
    }
  }

  /// Pages of files are given back by themselves.
  std::optional<Bytes> file_cache(const std::string& path) const {
    const std::string stat = text(path, "memory.stat");
    std::string_view rest = stat;
    std::optional<Bytes> sum;
    const bool v1 = version_ == CgroupVersion::v1;
    const std::string_view active = v1 ? "total_active_file " : "active_file ";
    const std::string_view inactive = v1 ? "total_inactive_file " : "inactive_file ";
    while (const auto line = next_line(rest)) {
      for (const std::string_view key : {active, inactive}) {
        if (!line->starts_with(key)) continue;
        const auto bytes = amount_of(line->substr(key.size()));
        if (bytes) sum = sum.value_or(Bytes{}) + *bytes;
      }
    }
    return sum;
  }

  SysRoot root_;
  Files files_;
  CgroupVersion version_;
  std::size_t looked_at_ = 0;
  std::vector<Group> groups_;
};

}  // namespace

std::vector<Group> read_groups(const SysRoot& root) {
  const auto cgroups = CgroupFs::locate(root);
  if (!cgroups || !cgroups->memory()) return {};
  // Paths in what is found begin below the mount: "/system.slice/ollama.service".
  GroupReader reader(root.below(cgroups->memory()->mount), cgroups->memory()->version);
  reader.walk(".", 0);
  return reader.take();
}

}  // namespace spillway::doctor
