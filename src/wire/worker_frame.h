#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/device_report.h"

namespace spillway {

/// One line from spillway-worker to the daemon: JSON with a member "v" (1), what one sensor saw, and
/// what comes next and when at the latest. The worker calls vendors' code, so its word is not taken:
/// a frame has bounds, speaks of `vram:` pools only, and any figure that cannot be makes it no frame.
struct WorkerFrame {
  DeviceReport report;  // sensor empty: only the promise
  std::string next;     // what is read next, for people
  Duration within{};    // of which the next frame comes at the latest
};

inline constexpr std::size_t kLongestFrame = 256 * 1024;
inline constexpr Duration kLongestPromise = 60s;

/// With a newline. Lists beyond the bounds are cut: of the users the biggest stay.
std::string format_worker_frame(WorkerFrame frame);

/// `now` bounds the moments in it: nothing was read later. Errc::unsupported for another version,
/// Errc::invalid for what is no frame.
Result<WorkerFrame> parse_worker_frame(std::string_view line, TimePoint now);

}  // namespace spillway
