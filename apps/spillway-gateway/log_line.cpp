#include "log_line.h"

#include <fmt/format.h>

#include "base/clock.h"

namespace spillway::gateway {

std::string line_of(const Generation& one) {
  std::string line = fmt::format("{} {} {}", one.path, one.status, one.passed.words());
  for (std::size_t i = 0; one.passed.budget > 0 && i < kPartNames.size(); ++i) {
    line += fmt::format(" {}={}", kPartNames[i], one.passed.parts[i]);
  }
  line += fmt::format(" guard={} first={} whole={}", to_string(one.guarded),
                      to_string(one.first_byte), to_string(one.whole));
  if (!one.model.empty()) line += " model=" + one.model;
  if (!one.failure.empty()) line += ": " + one.failure;
  return line;
}

}  // namespace spillway::gateway
