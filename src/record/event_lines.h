#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/event.h"

namespace spillway {

/// Which frames are worth keeping. All other events always are.
struct FrameRules {
  bool every = false;          // each one: what a faithful replay needs
  Duration quiet = 10s;        // without pressure, one in this time
  Duration pressed = 1s;       // from warning on or while something is demanded, one in this time;
                               // frames in which a level changed or a step began are always kept
  std::size_t processes = 16;  // of each frame, the biggest ones
  Duration named = 5min;       // one that names processes in this time: growth is told from them
};

/// Turns events into lines of JSON and leaves out the frames that say nothing new. What a dropped
/// frame knew of the tenants goes into the next one that is kept. One thread at a time.
class EventLines {
 public:
  explicit EventLines(FrameRules rules = {}) : rules_(rules) {}

  /// Without '\n'; nullopt for a frame that is not kept.
  std::optional<std::string> line(const Event& event);

  /// The next frame is kept and carries the tenants whether they changed or not: a reader begins
  /// there.
  void restart() { restarted_ = true; }

 private:
  bool worth_keeping(const Frame& frame);
  bool names_processes(const Frame& frame);
  std::optional<std::string> frame_line(const Frame& frame);

  FrameRules rules_;
  bool restarted_ = true;
  bool tenants_written_ = true;
  std::optional<std::vector<Tenant>> tenants_;
  std::optional<TimePoint> last_kept_, last_named_;
  std::vector<std::pair<PoolId, Level>> levels_;
};

}  // namespace spillway
