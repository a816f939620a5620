#pragma once

#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/time.h"
#include "model/reading.h"

namespace spillway {

/// Reads smaps_rollup on a thread of its own: it takes milliseconds per GiB, and for as long as the
/// process holds its mmap lock, which under thrashing is exactly when it must not be waited for.
/// At most one read at a time and, after the first of each process, at most 5 % of a processor. The
/// thread starts with the first job.
/// One caller at a time. The destructor leaves a thread behind that is stuck in the kernel.
class PssReader {
 public:
  struct Job {
    ProcessKey key;
    std::shared_ptr<const UniqueFd> smaps_rollup;
  };

  PssReader() = default;
  ~PssReader();
  PssReader(const PssReader&) = delete;
  PssReader& operator=(const PssReader&) = delete;

  /// The latest PSS of each job, in their order, and orders newer ones. Waits up to `patience` for
  /// those that were never measured. Forgets all processes that are not asked for.
  std::vector<std::optional<Bytes>> measure(std::span<const Job> jobs, Duration patience);

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace spillway
