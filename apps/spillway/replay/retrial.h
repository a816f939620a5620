#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assess/history.h"
#include "decide/ladder_state.h"
#include "record/replay.h"

namespace spillway {

/// One look at which today's code would have judged or decided differently.
struct Difference {
  std::uint64_t look = 0;
  WallTime at;
  std::vector<std::string> recorded, today;  // what only one of the two says
};

/// Runs today's assess and decide over a recording, look by look. What then happened is always what
/// the recording says: a difference does not breed others. Pure.
class Retrial {
 public:
  std::optional<Difference> take(const RecordedLook& look);

  std::uint64_t looks() const { return looks_; }
  /// Looks that the recording left out; where some are missing, growth is judged from less.
  std::uint64_t missing() const { return missing_; }

 private:
  History history_;
  LadderState ladder_;
  std::uint64_t looks_ = 0, missing_ = 0, last_number_ = 0;
};

}  // namespace spillway
