#include "doctor/state/words.h"

#include <fmt/format.h>

#include "doctor/holders/place.h"

namespace spillway::doctor {

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string called(const Process& process) {
  return fmt::format("{} ({})", program_of(process), process.pid);
}

std::string set_sysctl(std::string_view key, std::string_view value) {
  return fmt::format("sudo sysctl -w {}={}", key, value);
}

}  // namespace spillway::doctor
