#include "doctor/state/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "doctor/state/words.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kNamed = 3;

class Settings {
 public:
  explicit Settings(const MachineState& machine) : m_(machine), k_(machine.kernel) {
    zram_ = std::any_of(m_.swaps.begin(), m_.swaps.end(),
                        [](const SwapArea& area) { return area.is_zram(); });
  }

  std::vector<Setting> all() {
    zram();
    if (!m_.swaps.empty()) swappiness();
    number("vm.vfs_cache_pressure", k_.vfs_cache_pressure,
           [](std::int64_t v) { return v > 50 ? "50 keeps the names of model files longer" : ""; });
    if (k_.dirty_bytes.value_or(0) == 0) {
      number("vm.dirty_ratio", k_.dirty_ratio, [](std::int64_t v) {
        return v > 15 ? "15: what waits to be written cannot be given back" : "";
      });
      number("vm.dirty_background_ratio", k_.dirty_background_ratio,
             [](std::int64_t v) { return v > 5 ? "5: begin to write earlier" : ""; });
    }
    number("vm.overcommit_memory", k_.overcommit_memory, [](std::int64_t v) {
      return v == 2 ? "0: CUDA reserves far more addresses than memory" : "";
    });
    number("vm.watermark_scale_factor", k_.watermark_scale_factor, [](std::int64_t v) {
      return v < 50 ? "50 to 125: begin to give back earlier, with less waiting" : "";
    });
    text("transparent huge pages", k_.huge_pages_enabled,
         k_.huge_pages_enabled == "always" ? "madvise: small programs stay small" : "");
    mglru();
    text("cgroup", m_.cgroup_version,
         m_.cgroup_version == "v1" ? "v2: reclaim and memory.high need it" : "");
    limits();
    spared();
    return std::move(rows_);
  }

 private:
  void text(std::string name, std::string value, std::string advice) {
    if (!value.empty()) rows_.push_back({std::move(name), std::move(value), std::move(advice)});
  }
  template <class Advice>
  void number(std::string name, const std::optional<std::int64_t>& value, Advice advice) {
    if (value) rows_.push_back({std::move(name), std::to_string(*value), advice(*value)});
  }

  void zram() {
    Bytes size;
    std::string algorithms;
    for (const ZramDevice& device : m_.zram) {
      size += device.size.value_or(Bytes{});
      if (!device.algorithm.empty()) algorithms = ", " + device.algorithm;
    }
    if (size.count == 0) {
      text("zram", "none", "a quarter to a half of RAM: swap that answers fast");
    } else if (m_.memory.total) {
      const double share = ratio(size, *m_.memory.total);
      text("zram", fmt::format("{}, {} of RAM{}", to_string(size), percent(share), algorithms),
           share < 0.25 || share > 0.5 ? "25 to 50 % of RAM" : "");
    }
  }

  void swappiness() {
    number("vm.swappiness", k_.swappiness, [&](std::int64_t v) {
      if (zram_)
        return v < 100 ? "100 to 180 with swap on zram: it is faster than reading files again" : "";
      return v > 10 ? "10 with swap on a disk: it answers slowly" : "";
    });
  }

  void mglru() {
    if (!k_.lru_gen) return;
    const bool on = (*k_.lru_gen & 1) != 0;
    const bool protects = k_.lru_gen_min_ttl_ms.value_or(0) > 0;
    text("MGLRU",
         on ? fmt::format("on, min_ttl_ms {}", k_.lru_gen_min_ttl_ms.value_or(0))
            : std::string("off"),
         !on        ? "y: it finds idle pages with less work"
         : protects ? ""
                    : "min_ttl_ms 1000: keeps what was used in the last second from thrashing");
  }

  void limits() {
    for (const Limit& limit : m_.limits) {
      const bool addresses = limit.name == "address space" && limit.soft != "unlimited";
      text("limit of " + limit.name, limit.soft,
           addresses ? "unlimited: CUDA does not start under it" : "");
    }
  }

  /// The biggest processes, and those that are to survive them.
  void spared() {
    std::vector<const Process*> shown;
    for (const Process& process : m_.processes) {
      if (process.oom_score_adj) shown.push_back(&process);
    }
    std::stable_sort(shown.begin(), shown.end(), [](const Process* a, const Process* b) {
      return a->own().value_or(Bytes{}) > b->own().value_or(Bytes{});
    });
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const Process& process = *shown[i];
      const bool guard = process.name == "spillwayd" || process.name == "sshd";
      if (i >= kNamed && !guard) continue;
      text("oom_score_adj of " + called(process), std::to_string(*process.oom_score_adj),
           guard && *process.oom_score_adj > -500 ? "-900: it is needed when memory is short" : "");
    }
  }

  const MachineState& m_;
  const KernelSettings& k_;
  bool zram_ = false;
  std::vector<Setting> rows_;
};

}  // namespace

std::vector<Setting> settings_of(const MachineState& machine) { return Settings(machine).all(); }

}  // namespace spillway::doctor
