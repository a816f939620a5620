#include "fit/choose/situation.h"

#include <algorithm>
#include <map>

namespace spillway::fit {
namespace {

Range larger(const Range& a, const Range& b) {
  return {std::max(a.low, b.low), std::max(a.likely, b.likely), std::max(a.high, b.high)};
}

/// What components take of one memory; overheads by process, the largest of each.
class Taken {
 public:
  void add(const std::string& process, const Range& idle, const Range& peak, const Range& overhead,
           bool loaded_while_idle) {
    peak_ += peak;
    Range& at_peak = process.empty() ? peak_ : peak_overheads_[process];
    at_peak = process.empty() ? at_peak + overhead : larger(at_peak, overhead);
    if (!loaded_while_idle) return;
    idle_ += idle;
    Range& at_idle = process.empty() ? idle_ : idle_overheads_[process];
    at_idle = process.empty() ? at_idle + overhead : larger(at_idle, overhead);
  }
  Range idle() const { return total(idle_, idle_overheads_); }
  Range peak() const { return total(peak_, peak_overheads_); }

 private:
  using Overheads = std::map<std::string, Range>;
  static Range total(Range sum, const Overheads& overheads) {
    for (const auto& [process, overhead] : overheads) sum += overhead;
    return sum;
  }
  Range idle_{}, peak_{};
  Overheads idle_overheads_, peak_overheads_;
};

Fill filled(const Room& room, Bytes others, const Taken& taken, const Limits& limits) {
  Fill fill{room.name, room.total, others, taken.idle(), taken.peak()};
  fill.idle_share = ratio(others + fill.idle.likely, room.total);
  fill.peak_share = ratio(others + fill.peak.likely, room.total);
  fill.idle_level = reached(fill.idle_share, limits);
  fill.level = reached(fill.peak_share, limits);
  return fill;
}

}  // namespace

Bytes others_in(const Room& room, bool is_gpu, bool yielded, const Limits& limits) {
  return room.used + (is_gpu ? limits.reserve : Bytes{}) - (yielded ? room.yields : Bytes{});
}

Bytes safe_room(const Room& room, Bytes others, const Limits& limits) {
  Bytes most = scaled(room.total, limits.safe);
  while (most.count > 0 && ratio(most, room.total) >= limits.safe) most -= 1_B;
  return most - others;
}

std::vector<Fill> fill(const Situation& situation, const Stack& stack, const Machine& machine,
                       const Limits& limits) {
  std::vector<Taken> taken(machine.gpus.size() + 1);
  for (const Placement& placed : situation.placements) {
    if (placed.unloaded) continue;
    const Component& component = stack[placed.component];
    const Need& need = placed.need;
    const bool waits = component.duty != Duty::on_demand;
    taken.back().add(component.process, need.ram_idle, need.ram_peak, need.ram_overhead, waits);
    if (!placed.gpu) continue;
    taken[*placed.gpu].add(component.process, need.vram_idle, need.vram_peak, need.vram_overhead,
                           waits);
  }
  std::vector<Fill> fills;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const bool is_gpu = i < machine.gpus.size();
    const Room& room = is_gpu ? machine.gpus[i] : machine.ram;
    const bool yielded = i < situation.yielded.size() && situation.yielded[i];
    fills.push_back(filled(room, others_in(room, is_gpu, yielded, limits), taken[i], limits));
  }
  return fills;
}

bool is_safe(const std::vector<Fill>& fills) {
  return std::all_of(fills.begin(), fills.end(), [](const Fill& fill) {
    return !fill.is_used() ||
           (fill.level == Reached::safe && fill.others + fill.peak.high <= fill.total);
  });
}

}  // namespace spillway::fit
