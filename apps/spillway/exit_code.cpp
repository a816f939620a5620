#include "exit_code.h"

#include <fmt/format.h>

namespace spillway {

ExitCode exit_code(Errc code) {
  switch (code) {
    case Errc::denied:
    case Errc::refused: return ExitCode::refused;
    case Errc::invalid: return ExitCode::usage;
    case Errc::timed_out: return ExitCode::not_in_time;
    case Errc::not_found:
    case Errc::unsupported:
    case Errc::unavailable:
    case Errc::io: break;
  }
  return ExitCode::failure;
}

std::string exit_code_table() {
  std::string text = "Exit codes:\n";
  for (const ExitCodeRow& row : kExitCodes) {
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(row.code), row.meaning);
  }
  return text;
}

}  // namespace spillway
