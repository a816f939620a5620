#include "doctor/tune/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/tune/runtimes.h"
#include "doctor/tune/settings.h"

namespace spillway::doctor {
namespace {

constexpr std::string_view kResourceControl = "systemd.resource-control(5)";
constexpr std::string_view kZramDocs =
    "zram-generator.conf(5); linux Documentation/admin-guide/blockdev/zram.rst";

/// In whole MiB, as systemd and zram-generator read it.
std::string in_mib(Bytes bytes) { return fmt::format("{}M", bytes.count >> 20); }

void add_kernel_settings(const TuneMachine& machine, const TuneTarget& target,
                         Recommendation& into) {
  const SwapOutlook outlook = swap_outlook(machine, target);
  for (const KernelSetting& setting : kernel_settings()) {
    const auto wanted = setting.want(machine, outlook);
    const auto found = machine.values.find(std::string(setting.key));
    const bool is_known = found != machine.values.end();
    if (!wanted || (machine.running && !is_known)) continue;  // this kernel has no such thing
    const auto now = is_known ? parse_u64(found->second) : std::nullopt;
    if (now && *now >= wanted->least && *now <= wanted->most) continue;
    into.changes.push_back(
        {.key = std::string(setting.key),
         .home = setting.home,
         .group = {},
         .name = std::string(setting.home == TuneHome::sysctl ? setting.key : setting.live),
         .live = std::string(setting.live),
         .before = is_known ? std::optional(found->second) : std::nullopt,
         .after = std::to_string(wanted->value),
         .reason = std::string(wanted->reason),
         .source = std::string(setting.source)});
  }
}

bool right_zram_size(const TuneMachine& machine) {
  Bytes sum;
  for (const ZramDevice& device : machine.zrams) sum += device.size.value_or(0_B);
  const double share = machine.memory.total ? ratio(sum, *machine.memory.total) : 0;
  return share >= 0.24 && share <= 0.51;  // rounding to pages aside
}

void add_zram(const TuneMachine& machine, const TuneTarget& target, Recommendation& into) {
  if (target.swap && *target.swap <= 0_B) return;
  if (machine.has_zram() && right_zram_size(machine)) return;
  if (!machine.has_zram() && machine.zram_configured) {
    into.advice.push_back(
        {.about = "zram",
         .reason = "it is configured and there is none yet: the next boot makes it, or",
         .source = std::string(kZramDocs),
         .commands = {
             "systemctl daemon-reload && systemctl start systemd-zram-setup@zram0.service"}});
    return;
  }
  if (!machine.has_zram_generator) {
    into.advice.push_back(
        {.about = "zram",
         .reason = machine.has_zram()
                       ? "its size is not 25 to 50 % of RAM; whatever made it has to be told"
                       : "compressed swap in RAM takes cold pages three times as small, without a "
                         "disk; systemd's generator sets it up",
         .source = std::string(kZramDocs),
         .commands = {"apt install systemd-zram-generator", "spillway tune recommend"}});
    return;
  }
  std::optional<std::string> size, algorithm;
  if (machine.has_zram()) {
    size = in_mib(machine.zrams.front().size.value_or(0_B));
    algorithm = machine.zrams.front().algorithm;
  }
  const auto add = [&](const std::string& name, std::optional<std::string> before,
                       std::string after, std::string reason) {
    if (before == after) return;
    into.changes.push_back({.key = "zram0." + name,
                            .home = TuneHome::zram,
                            .group = {},
                            .name = name,
                            .live = {},
                            .before = std::move(before),
                            .after = std::move(after),
                            .reason = std::move(reason),
                            .source = std::string(kZramDocs)});
  };
  add("zram-size", size, "max(ram / 4, min(ram / 2, 8192))",
      "25 to 50 % of RAM: half where there is little, a quarter where there is much, for what is "
      "compressed still takes a third of its size in RAM");
  add("compression-algorithm", algorithm, "zstd",
      "compresses best; models' cold pages are read back seldom");
  add("swap-priority", std::nullopt, "100", "before every swap on a disk");
}

/// What one unit may have: the target, or what leaves enough for everybody else.
std::optional<Bytes> budget(const TuneMachine& machine, const TuneTarget& target) {
  if (target.ram) return target.ram;
  if (!machine.memory.total) return std::nullopt;
  const Bytes rest = *machine.memory.total - target.available.value_or(kUsualAvailable);
  return rest >= 512_MiB ? std::optional(rest) : std::nullopt;
}

class UnitAdvisor {
 public:
  UnitAdvisor(const TuneMachine& machine, const TuneTarget& target, const UnitFile& unit,
              Recommendation& into)
      : machine_(machine), target_(target), unit_(unit), into_(into) {
    const auto all = runtimes();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Runtime& r) { return r.unit == unit.name; });
    if (found != all.end()) runtime_ = &*found;
  }

  void advise() {
    for (const char* name : {"MemoryAccounting", "CPUAccounting", "TasksAccounting"}) {
      set(name, "yes", "what the unit takes is counted, so that limits and status can be right");
    }
    if (const auto most = budget(machine_, target_)) {
      limit("MemoryHigh", scaled(*most, 0.9),
            "above it the unit reclaims its own pages first, and nobody dies; model files that it "
            "maps count, too");
      limit("MemoryMax", *most, "the end: the unit is out of memory before the machine is");
    }
    if (target_.swap) {
      limit("MemorySwapMax", *target_.swap, "the target for swap, kept by the kernel");
    }
    if (is_service()) {
      if (runtime_ != nullptr && runtime_->has_runners) {
        set("OOMPolicy", "continue", "a runner that is killed does not take the server along");
      }
      if (runtime_ != nullptr && !unit_.directives.contains("OOMScoreAdjust")) {
        set("OOMScoreAdjust", "200",
            "out of memory, the kernel takes the model before the desktop or sshd");
      }
    }
    if (machine_.has_oomd) {
      set("ManagedOOMPreference", "avoid",
          "MemoryHigh makes the unit wait, which systemd-oomd takes for pressure worth a kill");
    }
    warn();
  }

 private:
  bool is_service() const { return unit_.name.ends_with(".service"); }

  std::optional<std::string> now(const std::string& name) const {
    const auto found = unit_.directives.find(name);
    return found == unit_.directives.end() ? std::nullopt : std::optional(found->second);
  }

  void set(const std::string& name, const std::string& value, std::string reason) {
    const auto before = now(name);
    if (before == value || (value == "yes" && (before == "true" || before == "1"))) return;
    into_.changes.push_back(
        {.key = unit_.name + "." + name,
         .home = TuneHome::unit,
         .group = unit_.name,
         .name = name,
         .live = {},
         .before = before,
         .after = value,
         .reason = std::move(reason),
         .source = std::string(name.starts_with("OOM") ? "systemd.service(5), systemd.exec(5)"
                                                       : kResourceControl)});
  }

  /// A limit that somebody made tighter stays; so does a share in percent, which is a choice of its own.
  void limit(const std::string& name, Bytes most, std::string reason) {
    const auto before = now(name);
    if (before && before->ends_with('%')) return;
    const auto bytes = before ? parse_bytes(*before) : Result<Bytes>(most + 1_B);
    if (bytes && *bytes <= most) return;
    set(name, most > 0_B ? in_mib(most) : "0", std::move(reason));
  }

  void warn() {
    if (const auto old = now("MemoryLimit")) {
      into_.advice.push_back(
          {.about = unit_.name + ": MemoryLimit=" + *old,
           .reason = "MemoryLimit= is obsolete: it is for cgroup v1 and is ignored where "
                     "MemoryMax= is set",
           .source = std::string(kResourceControl),
           .commands = {"systemctl edit " + unit_.name + "   # MemoryMax=" + *old}});
    }
    for (const char* name : {"LimitAS", "LimitDATA"}) {
      if (const auto old = now(name)) {
        into_.advice.push_back(
            {.about = unit_.name + ": " + name + "=" + *old,
             .reason = "limits address space, of which CUDA reserves many times what it uses: it "
                       "breaks CUDA; MemoryMax= limits memory",
             .source = "setrlimit(2), systemd.exec(5)",
             .commands = {"systemctl edit " + unit_.name + "   # " + name + "=infinity"}});
      }
    }
    if (runtime_ != nullptr) {
      into_.advice.push_back({.about = unit_.name + ": " + std::string(runtime_->settings),
                              .reason = std::string(runtime_->reason),
                              .source = std::string(runtime_->source),
                              .commands = {}});
    }
  }

  const TuneMachine& machine_;
  const TuneTarget& target_;
  const UnitFile& unit_;
  const Runtime* runtime_ = nullptr;
  Recommendation& into_;
};

void add_swap_advice(const TuneMachine& machine, const TuneTarget& target, Recommendation& into) {
  if (target.swap && *target.swap <= 0_B) {
    Bytes used;
    for (const SwapArea& swap : machine.swaps) used += swap.used;
    if (used > 0_B) {
      into.advice.push_back(
          {.about = "swap in use",
           .reason = to_string(used) + " lie in swap; they come back one device at a time",
           .source = "swapoff(2)",
           .commands = {"spillway tune drain-swap"}});
    }
    return;
  }
  Bytes sum;
  for (const SwapArea& swap : machine.swaps) sum += swap.size;
  if (!machine.running || sum >= 4_GiB || swap_outlook(machine, target).zram) return;
  into.advice.push_back(
      {.about = "swap file",
       .reason = "less than 4 GiB of swap: a burst has nowhere to go, and the kernel kills instead",
       .source = "swapon(8), systemd.swap(5)",
       .commands = {"fallocate -l 4G /swapfile && chmod 600 /swapfile && mkswap /swapfile",
                    "swapon --priority 10 /swapfile",
                    "echo '/swapfile none swap pri=10 0 0' >> /etc/fstab"}});
}

void add_general_advice(const TuneTarget& target, Recommendation& into) {
  into.advice.push_back(
      {.about = "limits per process",
       .reason = "ulimit -v (RLIMIT_AS) breaks CUDA, which reserves address space far beyond what "
                 "it uses: limit a command's memory by its cgroup",
       .source = "setrlimit(2), systemd-run(1)",
       .commands = {"systemd-run --user --scope -p MemoryMax=" +
                    in_mib(target.ram.value_or(4_GiB)) + " COMMAND"}});
  if (!target.vram) return;
  for (const FrameworkSetting& setting : framework_settings()) {
    into.advice.push_back({.about = fmt::format("{}: {}", setting.framework, setting.setting),
                           .reason = std::string(setting.reason),
                           .source = std::string(setting.source),
                           .commands = {}});
  }
}

}  // namespace

Recommendation recommend(const TuneMachine& machine, const TuneTarget& target) {
  Recommendation result;
  add_zram(machine, target, result);
  add_kernel_settings(machine, target, result);
  for (const UnitFile& unit : machine.units) UnitAdvisor(machine, target, unit, result).advise();
  add_swap_advice(machine, target, result);
  add_general_advice(target, result);
  return result;
}

void choose_changes(Recommendation& recommendation, const std::vector<std::string>& only,
                    const std::vector<std::string>& skip) {
  const auto names = [](const std::vector<std::string>& patterns, const std::string& key) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(pattern, key); });
  };
  std::erase_if(recommendation.changes, [&](const TuneChange& change) {
    return (!only.empty() && !names(only, change.key)) || names(skip, change.key);
  });
}

}  // namespace spillway::doctor
