#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/fd.h"
#include "base/result.h"

namespace spillway {

/// Thaws what this process has frozen when this process ends, however it ends: kill -9 included.
///
/// A tiny helper process ("spillway-thaw"), forked at the first guard(), holds descriptors of all
/// frozen targets and one end of a socket; when the other end closes it thaws them all and ends. It
/// ignores signals that ask it to go, is nobody's child, and keeps no other descriptor open. If it
/// is killed, the next guard() starts another one, which is told of every target again.
///
/// Any thread. guard() waits for the helper's word, a fraction of a millisecond; at most a second.
class DeadMan {
 public:
  /// As many targets as can be frozen at once.
  static constexpr std::size_t kSlots = 256;
  using Slot = std::size_t;

  /// What a descriptor stands for: a pidfd (thawed by SIGCONT) or a cgroup v2 directory.
  enum class Kind : std::uint8_t { process, cgroup };

  DeadMan() = default;
  /// Thaws whatever is still guarded.
  ~DeadMan() = default;
  DeadMan(const DeadMan&) = delete;
  DeadMan& operator=(const DeadMan&) = delete;

  /// To be called before freezing: from its return on the target is thawed if this process dies.
  Result<Slot> guard(Kind kind, int fd);
  /// To be called after thawing.
  void release(Slot slot);

 private:
  struct Guarded {
    Kind kind = Kind::process;
    UniqueFd fd;
  };

  Status start();
  Status tell(Slot slot);

  std::mutex mutex_;
  UniqueFd helper_;  // our end of the socket
  std::array<Guarded, kSlots> guarded_;
};

}  // namespace spillway
