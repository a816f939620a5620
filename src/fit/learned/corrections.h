#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "fit/need/correction.h"

namespace spillway::fit {

/// One measured run, and what it taught.
struct Lesson {
  CorrectionKey key;
  Correction correction;
  Bytes predicted, measured;  // the peak as the formulas had it, and as it was
  WallTime at;

  friend bool operator==(const Lesson&, const Lesson&) = default;
};

/// The device of what runs in RAM, whatever the machine.
inline constexpr std::string_view kRamDevice = "ram";

/// What a run is kept under. `device`: kRamDevice, or the name of the GPU's pool.
CorrectionKey key_of(const Shape& shape, const Use& use, std::string_view device);

/// A lesson from a run of `shape` like `use` of which `peak` bytes were measured, the whole process
/// counted. Errors: footprint_of()'s; invalid, where a tenth or ten times of what the formulas say was
/// measured: that was not this model.
Result<Lesson> lesson_of(const Shape& shape, const Use& use, std::string_view device, Bytes peak,
                         WallTime at);

/// What was learned so far: the latest lesson of each key, the latest kMost of them.
class Corrections {
 public:
  static constexpr std::size_t kMost = 256;

  void add(Lesson lesson);
  const Lesson* find(const CorrectionKey& key) const;
  const std::vector<Lesson>& lessons() const { return lessons_; }  // the oldest first

 private:
  std::vector<Lesson> lessons_;
};

/// A model's needs with what is known of it.
struct Corrected {
  FootprintOf footprint_of;  // fit::footprint_of() where nothing is known
  std::optional<Lesson>
      lesson;           // of the run asked about, or of one that differs in its length only
  std::string warning;  // why a lesson that is there is not followed
};

/// The needs of `shape` as it is asked for, and of other ways to run it: a way of its own lesson by
/// that, all others of this model by the lesson of what was asked for, since the context and what
/// else does not grow is the same. `gpu`: the name of its card's pool; empty: none that could have been
/// measured. `known` need not outlive it.
Corrected corrected(const Corrections& known, const Shape& shape, const Use& asked,
                    std::string_view gpu);

}  // namespace spillway::fit
