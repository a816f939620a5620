#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"

namespace spillway::doctor {

/// One line that is worth looking at, as a recogniser gets it. The views are valid for the call.
struct Line {
  std::string_view text;     // plain: no colours, no control characters
  std::string_view history;  // raw: what stood before it, ending in "\n"
  Stamp stamp;
  std::string_view file;
  std::uint64_t number = 0;

  Evidence evidence() const;
};

/// The texts that a raw line carries: of JSON (docker's json-file, journalctl -o json, structured
/// logs) its message with its time before it, at every "\n" a new one; else itself. Escape sequences
/// (ECMA-48) go, control characters become blanks, and at each carriage return a new text begins.
std::vector<std::string> texts_of(std::string_view raw);

/// Cuts the last line off `history` and returns it; nullopt when there is none.
std::optional<std::string_view> last_line(std::string_view& history);

}  // namespace spillway::doctor
