#pragma once

#include "doctor/tune/book.h"
#include "tune/place.h"

namespace spillway {

/// How a question on a terminal ended.
enum class Confirmation { kept, taken_back, unanswered };

/// Waits for Enter (kept), Ctrl-C (taken back) or the end of the time; who confirms or rolls back
/// elsewhere answers, too. `unanswered`: the terminal went away, and the reverter decides.
Result<Confirmation> ask_for_confirmation(TunePlace& place, const doctor::TuneManifest& manifest);

}  // namespace spillway
