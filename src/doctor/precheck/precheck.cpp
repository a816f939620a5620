#include "doctor/precheck/precheck.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/words.h"

namespace spillway::doctor {
namespace {

constexpr Bytes kAvailable = 2_GiB;
constexpr Bytes kSwapWanted = 4_GiB;
constexpr double kLeastZram = 0.25, kMostZram = 0.50;
constexpr Bytes kLarge = 300_MiB;  // of a program that is worth closing
constexpr std::size_t kNamed = 3;

/// Programs that a person starts and can start again, by file name.
constexpr std::array<std::string_view, 26> kDesktop{"firefox",
                                                    "firefox-esr",
                                                    "chrome",
                                                    "chromium",
                                                    "brave",
                                                    "vivaldi-bin",
                                                    "msedge",
                                                    "opera",
                                                    "slack",
                                                    "discord",
                                                    "Discord",
                                                    "teams",
                                                    "thunderbird",
                                                    "code",
                                                    "zoom",
                                                    "spotify",
                                                    "steam",
                                                    "obs",
                                                    "gimp",
                                                    "blender",
                                                    "soffice.bin",
                                                    "signal-desktop",
                                                    "telegram-desktop",
                                                    "electron",
                                                    "VirtualBoxVM",
                                                    "steamwebhelper"};

bool is_of_the_desktop(const Holding& holding) {
  // systemd's XDG integration runs what a desktop starts in app-NAME-ID.scope (DESKTOP_ENVIRONMENTS.md).
  const bool started_by_desktop =
      holding.unit.starts_with("app-") && holding.unit.ends_with(".scope");
  return started_by_desktop ||
         std::find(kDesktop.begin(), kDesktop.end(), holding.program) != kDesktop.end();
}

class Checker {
 public:
  Checker(const MachineState& machine, const StatusReport& report, const Holdings& holdings)
      : machine_(machine), report_(report), holdings_(holdings) {}

  Precheck alone() {
    const auto& available = machine_.memory.available;
    if (available) {
      add("memory", *available >= kAvailable,
          fmt::format("{} of RAM available, {} wanted", to_string(*available),
                      to_string(kAvailable)),
          "give some back, or close what you do not need",
          fmt::format("spillway free --ram {}", (kAvailable - *available).count));
      miss(kRam, kAvailable - *available);
    }
    zram();
    swap();
    close();
    return std::move(out_);
  }

  Precheck with(const StackNeed& need) {
    for (const Need& memory : need.memories) fill(memory, need);
    zram();
    swap();
    for (const Need& memory : need.memories) {
      if (memory.pool.kind() == PoolKind::vram) rivals(memory);
    }
    add("level", report_.level == Level::normal,
        fmt::format("the guard says {}", name(report_.level)), "wait, or give memory back first",
        "spillway status");
    close();
    return std::move(out_);
  }

 private:
  void add(std::string item, bool good, std::string what, std::string fix, std::string command) {
    if (good) fix = command = "";
    out_.items.push_back(
        {std::move(item), good, std::move(what), std::move(fix), std::move(command)});
  }
  void miss(const PoolId& pool, Bytes bytes) {
    if (bytes.count > 0) out_.missing.emplace_back(pool, bytes);
  }

  void fill(const Need& memory, const StackNeed& need) {
    const Bytes lacks = memory.needed - memory.safe;
    std::string fix = "give some back, or take less";
    for (const std::string& change : need.changes) fix += "; " + change;
    add(memory.name, lacks.count <= 0,
        fmt::format("needs {}, {} free, of which {} may safely be taken", to_string(memory.needed),
                    to_string(memory.free), to_string(std::max(Bytes{}, memory.safe))),
        std::move(fix),
        fmt::format("spillway free --pool {} --bytes {}", shell_word(memory.pool.text),
                    lacks.count));
    miss(memory.pool, lacks);
  }

  void zram() {
    if (!machine_.memory.total) return;
    Bytes size;
    for (const ZramDevice& device : machine_.zram) size += device.size.value_or(Bytes{});
    const double share = ratio(size, *machine_.memory.total);
    const std::int64_t third = machine_.memory.total->count / 3 / 4096 * 4096;
    std::string command;
    for (const ZramDevice& device : machine_.zram) {
      command += fmt::format("sudo swapoff /dev/{0} && sudo zramctl -r /dev/{0} && ", device.name);
    }
    command += fmt::format(
        "sudo modprobe zram && D=$(sudo zramctl -f -s {}) && sudo mkswap $D && "
        "sudo swapon -p 100 $D",
        third);
    add("zram", share >= kLeastZram && share <= kMostZram,
        size.count == 0
            ? std::string("none; 25 to 50 % of RAM wanted")
            : fmt::format("{}, {} of RAM; 25 to 50 % wanted", to_string(size), percent(share)),
        "make it a third of RAM: it gives way before the kernel kills", std::move(command));
  }

  void swap() {
    const auto& total = machine_.memory.swap_total;
    if (!total) return;
    const Bytes lacks = kSwapWanted - *total;
    add("swap", lacks.count <= 0,
        fmt::format("{} in all, {} wanted", to_string(*total), to_string(kSwapWanted)),
        "add a swap file",
        fmt::format("sudo fallocate -l {} /swapfile && sudo chmod 600 /swapfile && sudo mkswap "
                    "/swapfile && sudo swapon /swapfile",
                    std::max(lacks, 1_GiB).count));
  }

  void rivals(const Need& memory) {
    std::vector<const Holding*> others;
    for (const Holding& holding : holdings_.programs) {
      if (holding.in(memory.pool).count > 0) others.push_back(&holding);
    }
    std::stable_sort(others.begin(), others.end(), [&](const Holding* a, const Holding* b) {
      return a->in(memory.pool) > b->in(memory.pool);
    });
    std::string names;
    for (std::size_t i = 0; i < std::min(others.size(), kNamed); ++i) {
      names += fmt::format("{}{} {}", i == 0 ? "" : ", ", others[i]->program,
                           to_string(others[i]->in(memory.pool)));
    }
    // They matter only where the room they leave is too small.
    add("rivals", memory.needed <= memory.safe || others.empty(),
        others.empty() ? fmt::format("nobody else is on {}", memory.name)
                       : fmt::format("on {}: {}", memory.name, names),
        "ask them to give it back, or stop them", "spillway who --vram");
  }

  void close() {
    for (const Holding& holding : holdings_.programs) {
      if (is_of_the_desktop(holding) && holding.in(kRam) >= kLarge)
        out_.closable.push_back(&holding);
    }
    std::stable_sort(out_.closable.begin(), out_.closable.end(),
                     [](const Holding* a, const Holding* b) { return a->in(kRam) > b->in(kRam); });
  }

  const MachineState& machine_;
  const StatusReport& report_;
  const Holdings& holdings_;
  Precheck out_;
};

}  // namespace

bool Precheck::ready() const {
  return std::all_of(items.begin(), items.end(),
                     [](const PrecheckItem& item) { return item.good; });
}

Precheck precheck(const MachineState& machine, const StatusReport& report, const Holdings& holdings,
                  const std::optional<StackNeed>& need) {
  Checker checker(machine, report, holdings);
  return need ? checker.with(*need) : checker.alone();
}

}  // namespace spillway::doctor
