#pragma once

#include <optional>
#include <string>
#include <vector>

#include "console.h"
#include "doctor/tune/use.h"
#include "tune/place.h"

namespace spillway {

/// What is in use right now. `with_vram`: also of the GPUs, which takes longer; never of an image.
doctor::TuneUse look_at_use(const Global& global, const TunePlace& place, bool with_vram);

/// The VRAM of all GPUs together; nullopt without any.
std::optional<Bytes> vram_total(const Global& global, const TunePlace& place);

/// What was in use at most while `time` passed.
doctor::TuneUse measure_use(const Global& global, const TunePlace& place, Duration time,
                            bool with_vram);

/// A command of the user's: how it went, and what was in use at most meanwhile.
struct MeasuredCommand {
  int code = 0;  // as a shell counts: 127 there is no such command, 128 and a signal's number
  Duration took{};
  doctor::TuneUse use;
};
/// Runs it to its end; what it prints goes to standard error.
MeasuredCommand measure_command(const Global& global, const TunePlace& place,
                                const std::vector<std::string>& command, bool with_vram);

/// What the guard recorded since `from` and, for as long before it, before.
struct RecordedUse {
  doctor::TuneUse before, since;
  std::uint64_t looks_before = 0, looks_since = 0;
  Duration span{};  // from the first to the last look of `since`
};
/// Errc::not_found: there is no journal. Blocks on the disk.
Result<RecordedUse> recorded_use(const std::string& journal, WallTime from);

}  // namespace spillway
