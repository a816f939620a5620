#include "record/event_lines.h"

#include <algorithm>

#include "json/codec.h"

namespace spillway {
namespace {

Bytes weight(const ProcessReading& process) {
  return process.rss.value_or(Bytes{}) + process.swap.value_or(Bytes{});
}

void keep_biggest(std::vector<ProcessReading>& processes, std::size_t count) {
  if (processes.size() <= count) return;
  const auto end = processes.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(processes.begin(), end, processes.end(),
                    [](const ProcessReading& a, const ProcessReading& b) {
                      return weight(a) != weight(b) ? weight(a) > weight(b) : a.key < b.key;
                    });
  processes.erase(end, processes.end());
}

}  // namespace

std::optional<std::string> EventLines::line(const Event& event) {
  if (const auto* frame = std::get_if<Frame>(&event)) return frame_line(*frame);
  return to_compact_text(event);
}

bool EventLines::names_processes(const Frame& frame) {
  const TimePoint at = frame.snapshot.at;
  if (frame.snapshot.processes.empty()) return false;
  if (last_named_ && at >= *last_named_ && at - *last_named_ < rules_.named) return false;
  last_named_ = at;
  return true;
}

bool EventLines::worth_keeping(const Frame& frame) {
  std::vector<std::pair<PoolId, Level>> levels;
  for (const PoolAssessment& pool : frame.assessment.pools) {
    levels.emplace_back(pool.pool, pool.level);
  }
  const bool moved = levels != levels_;
  levels_ = std::move(levels);
  const bool names = names_processes(frame);
  if (rules_.every || restarted_ || moved || names || !frame.plan.steps.empty() ||
      !frame.plan.settled.empty() || !frame.plan.refused.empty() ||
      !frame.snapshot.events.empty()) {
    return true;
  }
  const bool pressed = frame.assessment.level > Level::normal || !frame.demands.empty();
  const TimePoint at = frame.snapshot.at;
  return !last_kept_ || at < *last_kept_ ||
         at - *last_kept_ >= (pressed ? rules_.pressed : rules_.quiet);
}

std::optional<std::string> EventLines::frame_line(const Frame& frame) {
  const bool keep = worth_keeping(frame);
  if (frame.tenants) {
    tenants_ = frame.tenants;
    tenants_written_ = keep;
  }
  if (!keep) return std::nullopt;

  const bool needs_tenants = !frame.tenants && tenants_ && (restarted_ || !tenants_written_);
  restarted_ = false;
  tenants_written_ = true;
  last_kept_ = frame.snapshot.at;
  if (!needs_tenants && frame.snapshot.processes.size() <= rules_.processes) {
    return to_compact_text(Event(frame));
  }
  Frame whole = frame;
  if (needs_tenants) whole.tenants = tenants_;
  keep_biggest(whole.snapshot.processes, rules_.processes);
  return to_compact_text(Event(std::move(whole)));
}

}  // namespace spillway
