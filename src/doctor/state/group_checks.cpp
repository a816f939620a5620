#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/checks.h"
#include "doctor/state/words.h"

namespace spillway::doctor {
namespace {

constexpr double kNear = 0.90;
constexpr double kVeryNear = 0.97;

std::string unit_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool is_unit(const std::string& name) {
  return name.ends_with(".service") || name.ends_with(".scope") || name.ends_with(".slice");
}

/// Raises a limit until the next boot.
std::string raise(const Group& group, std::string_view property, Bytes to) {
  const std::string unit = unit_of(group.path);
  const bool of_a_user = group.path.find("/user@") != std::string::npos;
  if (!is_unit(unit)) return {};
  return fmt::format("{}systemctl {}set-property --runtime {} {}={}", of_a_user ? "" : "sudo ",
                     of_a_user ? "--user " : "", shell_word(unit), property, to.count);
}

/// What nobody gives back by himself.
std::optional<Bytes> needed(const Group& group) {
  if (!group.used) return std::nullopt;
  return std::max(Bytes{}, *group.used - group.file_cache.value_or(Bytes{}));
}

void near_limit(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Group& group : e.machine.groups) {
    const auto used = needed(group);
    if (!used || !group.max || group.max->count == 0) continue;
    const double share = ratio(*used, *group.max);
    if (share < kNear) continue;
    out.push_back(
        {.severity = share >= kVeryNear ? Severity::problem : Severity::warning,
         .what = fmt::format("{} has used {} of its limit", group.path, percent(share)),
         .evidence =
             fmt::format("{} of {}, without file cache", to_string(*used), to_string(*group.max)),
         .fix = "raise MemoryMax=, or make it need less: at the limit the kernel kills in it",
         .command = raise(group, "MemoryMax", scaled(*group.max, 1.25))});
  }
}

void throttled(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Group& group : e.machine.groups) {
    const auto used = needed(group);
    if (!used || !group.high || *used <= *group.high) continue;
    out.push_back(
        {.what = fmt::format("{} is slowed down: it needs more than MemoryHigh=", group.path),
         .evidence = fmt::format("{}, memory.high {}", to_string(*used), to_string(*group.high)),
         .fix = "raise MemoryHigh=, or make it need less",
         .command = raise(group, "MemoryHigh", scaled(*used, 1.25))});
  }
}

/// memory.events counts what happened below, too: only the innermost group is told.
bool told_by_one_below(const Group& group, const std::vector<Group>& all) {
  std::uint64_t below = 0;
  for (const Group& other : all) {
    const bool direct = other.path.starts_with(group.path + "/");
    if (direct) below = std::max(below, other.oom_kills.value_or(0));
  }
  return below >= group.oom_kills.value_or(0);
}

void killed_in_group(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Group& group : e.machine.groups) {
    if (group.oom_kills.value_or(0) == 0 || told_by_one_below(group, e.machine.groups)) continue;
    out.push_back({.severity = Severity::problem,
                   .what = fmt::format("the kernel has killed in {}: {} so far", group.path,
                                       *group.oom_kills),
                   .evidence = fmt::format(
                       "memory.events: oom_kill {}, its limit was reached {} times; limit {}",
                       *group.oom_kills, group.limit_hits ? std::to_string(*group.limit_hits) : "?",
                       group.max ? to_string(*group.max) : "none of its own"),
                   .fix = "see what it was, then raise MemoryMax= or make it need less",
                   .command = "spillway explain --boot"});
  }
}

void obsolete_settings(const Examined& e, std::vector<Diagnosis>& out) {
  for (const UnitSetting& setting : e.machine.units) {
    if (setting.key != "MemoryLimit") continue;
    out.push_back(
        {.what = fmt::format("{} has a limit that systemd ignores on cgroup v2", setting.unit),
         .evidence = fmt::format("{}: MemoryLimit={}", setting.file, setting.value),
         .fix = "MemoryMax= has taken its place",
         .command = fmt::format("sudo sed -i 's/^[[:blank:]]*MemoryLimit[[:blank:]]*=/MemoryMax=/' "
                                "{} && sudo systemctl daemon-reload",
                                shell_word(setting.file))});
  }
}

void limits_cuda(const Examined& e, std::vector<Diagnosis>& out) {
  if (e.machine.gpu.nvidia_version.empty()) return;
  for (const UnitSetting& setting : e.machine.units) {
    if (setting.key != "LimitAS" || setting.value == "infinity") continue;
    out.push_back(
        {.what = fmt::format("{} limits addresses: CUDA does not start in it", setting.unit),
         .evidence = fmt::format("{}: LimitAS={}", setting.file, setting.value),
         .fix = "MemoryMax= limits memory",
         .command = fmt::format("sudo systemctl edit {}", shell_word(setting.unit))});
  }
}

constexpr std::array kChecks{
    Check{"group-near-limit", near_limit}, Check{"group-throttled", throttled},
    Check{"group-oom-kills", killed_in_group}, Check{"unit-obsolete-limit", obsolete_settings},
    Check{"unit-address-limit", limits_cuda}};

}  // namespace

std::span<const Check> group_checks() { return kChecks; }

}  // namespace spillway::doctor
