#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/reading.h"
#include "model/status.h"

namespace spillway {

/// One round of sensing: what is wanted from it.
struct Look {
  TimePoint now;
  bool owners = false;                  // who holds the memory: worth a scan of all processes
  std::span<const ProcessKey> tenants;  // to be measured whenever owners is set
  bool event = true;                    // an event source has told something since the last look
};

/// A descriptor that tells of trouble before the next timed look (PSI trigger, memory.events). The
/// sensor's next read makes it quiet again; poll(2) may add POLLERR and POLLHUP. One that is opened
/// anew has another number, or is left out for a look: the same list means the same files.
struct WakeFd {
  int fd = -1;
  short events = 0;  // as poll(2)
  friend bool operator==(const WakeFd&, const WakeFd&) = default;
};

/// One source of readings. All calls come on the engine's thread and must not block: whatever may
/// hang (drivers, HTTP) is read by a worker process into a latest-value cell, and the sensor only
/// takes it, with its age. A fault is an error, never a zero; an empty answer means that what it
/// watches is not there (no swap, no GPU). A sensor of several things answers with what it could read
/// and a Fault for each that it could not. Steady state should not allocate.
class Sensor {
 public:
  virtual ~Sensor() = default;
  virtual std::string_view name() const = 0;
  virtual Result<std::vector<Reading>> read(const Look& look) = 0;
  /// Event sources, asked for after every read since they may change. None by default.
  virtual void wake_fds(std::vector<WakeFd>& out) const { (void)out; }
  /// What works here and what does not, as found so far ("psi-trigger: 2 s window"). May read files.
  virtual void capabilities(std::vector<Capability>& out) const { (void)out; }
};

}  // namespace spillway
