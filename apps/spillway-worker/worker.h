#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sense/sensor.h"
#include "wire/worker_frame.h"

namespace spillway {

/// Reads the sensors that call vendors' drivers, and tells what it saw: one frame per sensor and round,
/// a round a second, or when a byte on the socket asks for one, at most ten a second. Before each
/// sensor's turn it has promised when the next frame comes; keeping that is up to the drivers, and
/// whoever reads the frames ends the process when it is broken. Blocks.
class Worker {
 public:
  Worker(std::vector<std::unique_ptr<Sensor>> sensors, const Clock& clock)
      : sensors_(std::move(sensors)), clock_(clock) {}

  /// One round without a socket: the frames, a line each.
  std::string once();
  /// Until the other end of the socket is gone (0), there is nothing to watch
  /// (kWorkerNothingHere), or sensors have failed for so long that a fresh process may do better
  /// (kWorkerStartAgain).
  int run(int socket);

 private:
  WorkerFrame read(std::size_t index, bool owners);
  std::string next_after(std::size_t index) const;
  bool round();
  bool send(WorkerFrame frame) const;
  bool wait();

  std::vector<std::unique_ptr<Sensor>> sensors_;
  const Clock& clock_;
  int socket_ = -1;
  bool asked_ = false;       // for the round that comes
  bool faulty_ = false;      // in the latest round
  bool anything_ = false;    // was there to watch in the latest round
  std::vector<bool> spoke_;  // had something to tell in the round before
  TimePoint began_, owners_read_;
  int rounds_ = 0;
};

}  // namespace spillway
