#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// One request to a program that holds models: do `verb` for this tenant.
struct GuestRequest {
  std::string tenant;
  std::string verb;    // "trim", "shrink", "offload", "unload", "restore", "preserve", and
                       // "preserved": what preserve handed over is now kept as version `detail`
  std::string detail;  // the variant or place to go to; empty: its own choice
  Bytes bytes;         // how much is wanted; 0: all it can
  std::string reason;  // for the guest's own log
};

struct GuestReply {
  std::vector<std::pair<std::string, Bytes>> changes;  // pool -> delta; negative frees
  std::string detail;                                  // the variant or place it is at now
  Duration pause{};  // the longest a request of this tenant had to wait
  std::string data;  // what "preserve" hands over, to be kept crash-safely
};

/// How a program that holds models is asked to do something: implemented by the library in process
/// (callbacks) and by the daemon over its socket.
class GuestLink {
 public:
  virtual ~GuestLink() = default;
  /// Blocks until the guest answered or the deadline passed (Errc::timed_out); Errc::unavailable
  /// when it is gone. Worker threads only, any number at once; never with a lock held.
  virtual Result<GuestReply> ask(const GuestRequest& request, TimePoint deadline) = 0;
};

}  // namespace spillway
