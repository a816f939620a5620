#include "fit/need/correction.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "fit/need/overheads.h"

namespace spillway::fit {
namespace {

bool counted(const Part& part, Where where, bool whole_process) {
  return part.where == where && (whole_process || part.kind != PartKind::overhead);
}

Range counted_sum(const Footprint& footprint, Where where, bool whole_process) {
  Range sum;
  for (const Part& part : footprint.parts) {
    if (counted(part, where, whole_process)) sum += part.bytes;
  }
  return sum;
}

bool is_slack(const Part& part, const Measured& measured) {
  return measured.whole_process && part.returnable;
}

// How far what does not grow with the input may be off: an allocator counts the rounding of weights
// although it is overhead here, so that all of it may be missing.
Range room_of_constants(const Footprint& footprint, const Measured& measured) {
  Range room;
  for (const Part& part : footprint.parts) {
    if (part.where != measured.where || part.kind != PartKind::overhead || part.returnable) {
      continue;
    }
    if (measured.whole_process) {
      room.low += part.bytes.low - part.bytes.likely;
      room.high += part.bytes.high - part.bytes.likely;
    } else if (part.name == kRoundingOfWeights) {
      room.high += part.bytes.high;
    }
  }
  return room;
}

Range slack_of(const Footprint& footprint, const Measured& measured) {
  Range sum;
  for (const Part& part : footprint.parts) {
    if (part.where == measured.where && is_slack(part, measured)) sum += part.bytes;
  }
  return sum;
}

double clamped_scale(Bytes more, Bytes of) {
  return of > Bytes{}
             ? std::clamp(1 + ratio(more, of), Correction::kLeastScale, Correction::kMostScale)
             : 1;
}

double real(Bytes bytes) { return static_cast<double>(bytes.count); }

// Slack is not the same twice: its range stays as wide as it was known to be.
Range rescaled(Range slack, double scale) {
  const Bytes likely = scaled(slack.likely, scale);
  return {std::min(slack.low, likely), likely, std::max(slack.high, likely)};
}

}  // namespace

Correction learn(const Footprint& predicted, const Measured& measured) {
  const Bytes difference =
      measured.peak - counted_sum(predicted, measured.where, measured.whole_process).likely;
  const Range room = room_of_constants(predicted, measured);
  const Range slack = slack_of(predicted, measured);
  const Bytes constants = difference > Bytes{} ? room.high : room.low;
  const Bytes of_slack =
      difference > Bytes{} ? slack.high - slack.likely : slack.low - slack.likely;
  const Bytes reach = constants + of_slack;
  const double share = reach == Bytes{} ? 0 : std::min(1.0, real(difference) / real(reach));
  const Bytes left = difference - scaled(constants, share) - scaled(of_slack, share);
  const Bytes compute = predicted.sum(measured.where, PartKind::compute).likely;

  Correction correction{.where = measured.where, .whole_process = measured.whole_process};
  correction.slack_scale = clamped_scale(scaled(of_slack, share), slack.likely);
  correction.compute_scale = clamped_scale(left, compute);
  correction.constant = difference - scaled(slack.likely, correction.slack_scale - 1) -
                        scaled(compute, correction.compute_scale - 1);
  return correction;
}

Footprint apply(const Correction& correction, const Footprint& footprint) {
  Footprint corrected;
  for (Part part : footprint.parts) {
    if (counted(part, correction.where, correction.whole_process)) {
      part.bytes = part.returnable ? rescaled(part.bytes, correction.slack_scale)
                   : part.kind == PartKind::compute
                       ? exactly(scaled(part.bytes.likely, correction.compute_scale))
                       : exactly(part.bytes.likely);
      if (part.origin != Origin::exact) part.origin = Origin::calibrated;
    } else if (part.where == correction.where && part.name == kRoundingOfWeights) {
      continue;  // counted by what was measured
    }
    corrected.parts.push_back(std::move(part));
  }
  const Bytes total = counted_sum(corrected, correction.where, correction.whole_process).likely +
                      correction.constant;
  const Bytes margin = scaled(total, correction.margin);
  const Bytes constant = correction.constant;
  // What was laid to the constants of a whole process that has slack may have been slack, all of it.
  const bool slack = std::any_of(
      footprint.parts.begin(), footprint.parts.end(),
      [&](const Part& part) { return part.where == correction.where && part.returnable; });
  const Bytes other = correction.whole_process && slack ? Bytes{} : constant;
  // As the kind that the measured sum counts: the allocator's is everything but overhead.
  corrected.parts.push_back(
      {correction.whole_process ? PartKind::overhead : PartKind::compute,
       correction.where,
       "learned from a measured run",
       {std::min(constant, other) - margin, constant, std::max(constant, other) + margin},
       Origin::calibrated,
       fmt::format(
           "constants off by {}, slack scaled by {:.3f}, compute by {:.3f}, {:.0f} % of the total "
           "to either side",
           to_string(constant), correction.slack_scale, correction.compute_scale,
           100 * correction.margin)});
  return corrected;
}

}  // namespace spillway::fit
