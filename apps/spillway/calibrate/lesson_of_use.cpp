#include "calibrate/lesson_of_use.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "calibrate/device_uses.h"
#include "calibrate/measured_run.h"
#include "fit/learned/corrections_file.h"

namespace spillway {
namespace {

/// It may run for days: no more than a thousandth of a core.
constexpr Pace kPace{.ram = 1s, .device = 1s, .part_of_core = 1000};

}  // namespace

LessonOfUse::LessonOfUse(Expected expected, pid_t command, const Global& global)
    : expected_(std::move(expected)) {
  if (expected_.device == fit::kRamDevice) {
    meter_ = std::make_unique<Meter>(command, nullptr, kPace);
  } else if (auto uses = device_uses(global)) {
    meter_ = std::make_unique<Meter>(command, std::move(*uses), kPace);
  }
}

Result<std::string> LessonOfUse::finish(const std::string& file) {
  if (!meter_) return std::string();
  Bytes peak = meter_->stop().bytes;
  if (expected_.device == fit::kRamDevice) peak = std::max(peak, largest_process());
  if (peak <= expected_.peak) return std::string();
  auto lesson =
      fit::lesson_of(expected_.shape, expected_.use, expected_.device, peak, SystemClock().wall());
  if (!lesson) return std::string();  // ten times as much: that was something else
  if (const Status kept = fit::remember(file, std::move(*lesson)); !kept) {
    return tl::unexpected(kept.error());
  }
  return fmt::format("it took {} of {}, {} were expected: later plans know", to_string(peak),
                     expected_.device, to_string(expected_.peak));
}

}  // namespace spillway
