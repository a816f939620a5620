#include "fit/need/correction.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "fit/need/overheads.h"

namespace spillway::fit {
namespace {

constexpr double kLeastScale = 0.1, kMostScale = 10;  // beyond it, another model was measured

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

// How far what does not grow with the input may be off: an allocator counts the rounding of weights
// although it is overhead here, so that all of it may be missing.
Range room_of_constants(const Footprint& footprint, const Measured& measured) {
  Range room;
  for (const Part& part : footprint.parts) {
    if (part.where != measured.where || part.kind != PartKind::overhead || part.returnable)
      continue;
    if (measured.whole_process) {
      room.low += part.bytes.low - part.bytes.likely;
      room.high += part.bytes.high - part.bytes.likely;
    } else if (part.name == kRoundingOfWeights) {
      room.high += part.bytes.high;
    }
  }
  return room;
}

Bytes growing(const Footprint& footprint, const Measured& measured) {
  Bytes sum;
  for (const Part& part : footprint.parts) {
    const bool grows =
        part.kind == PartKind::compute || (part.returnable && measured.whole_process);
    if (part.where == measured.where && grows) sum += part.bytes.likely;
  }
  return sum;
}

}  // namespace

Correction learn(const Footprint& predicted, const Measured& measured) {
  const Bytes likely = counted_sum(predicted, measured.where, measured.whole_process).likely;
  const Bytes difference = measured.peak - likely;
  const Range room = room_of_constants(predicted, measured);
  Correction correction{.where = measured.where, .whole_process = measured.whole_process};
  correction.constant = std::clamp(difference, room.low, room.high);
  const Bytes grows = growing(predicted, measured);
  if (grows > Bytes{}) {
    correction.compute_scale =
        std::clamp(1 + ratio(difference - correction.constant, grows), kLeastScale, kMostScale);
    const Bytes explained = scaled(grows, correction.compute_scale - 1);
    correction.constant = difference - explained;
  } else {
    correction.constant = difference;
  }
  return correction;
}

Footprint apply(const Correction& correction, const Footprint& footprint) {
  Footprint corrected;
  for (Part part : footprint.parts) {
    if (counted(part, correction.where, correction.whole_process)) {
      const bool grows = part.kind == PartKind::compute || part.returnable;
      part.bytes =
          exactly(grows ? scaled(part.bytes.likely, correction.compute_scale) : part.bytes.likely);
      if (part.origin != Origin::exact) part.origin = Origin::calibrated;
    } else if (part.where == correction.where && part.name == kRoundingOfWeights) {
      continue;  // counted by what was measured
    }
    corrected.parts.push_back(std::move(part));
  }
  const Bytes total = counted_sum(corrected, correction.where, correction.whole_process).likely +
                      correction.constant;
  const Bytes margin = scaled(total, correction.margin);
  // As the kind that the measured sum counts: the allocator's is everything but overhead.
  corrected.parts.push_back(
      {correction.whole_process ? PartKind::overhead : PartKind::compute,
       correction.where,
       "learned from a measured run",
       {correction.constant - margin, correction.constant, correction.constant + margin},
       Origin::calibrated,
       fmt::format("constants off by {}, compute scaled by {:.3f}, {:.0f} % of the total to either "
                   "side",
                   to_string(correction.constant), correction.compute_scale,
                   100 * correction.margin)});
  return corrected;
}

}  // namespace spillway::fit
