#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"

namespace spillway::doctor {

/// One line that is worth looking at, as a recogniser gets it. The views are valid for the call.
struct Line {
  std::string_view text;     // plain: no colours, no control characters
  std::string_view history;  // raw: what stood before it, ending in "\n"
  std::uint64_t number = 0;  // in its input, from 1
  /// Where it is known already; else stamp() reads it when it is asked for: most lines of a dump are not.
  mutable std::optional<Stamp> known;

  const Stamp& stamp() const;
  Evidence evidence() const;
};

/// The texts that a raw line carries: of JSON (docker's json-file, journalctl -o json, structured
/// logs) its message with its time before it, at every "\n" a new one; else itself. Escape sequences
/// (ECMA-48) go, control characters become blanks, and at each carriage return a new text begins.
class Texts {
 public:
  /// Valid until the next call, and as long as `raw` is. A line without any of that is not copied.
  std::span<const std::string_view> of(std::string_view raw);

 private:
  std::vector<std::string> owned_;
  std::vector<std::string_view> views_;
};

/// Cuts the last line off `history` and returns it; nullopt when there is none.
std::optional<std::string_view> last_line(std::string_view& history);

}  // namespace spillway::doctor
