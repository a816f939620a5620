#pragma once

#include <string>
#include <string_view>

#include "fit/learned/corrections.h"

namespace spillway::fit {

/// JSON lines, one lesson each (docs/json.md, spillway.correction/1), the oldest first.
std::string corrections_text(const Corrections& corrections);

struct ReadCorrections {
  Corrections corrections;
  std::size_t skipped = 0;  // lines that are no lesson: garbage, of another version, absurd
};

/// Reads what corrections_text() wrote, and as much as can be read of anything else. Any thread.
ReadCorrections parse_corrections(std::string_view text);

}  // namespace spillway::fit
