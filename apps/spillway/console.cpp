#include "console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace spillway {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] != '\0';
}

bool wants_color(bool no_color) {
  if (no_color || is_set("NO_COLOR") || ::isatty(STDOUT_FILENO) == 0) return false;
  const char* terminal = std::getenv("TERM");
  return terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

std::size_t width() {
  if (const char* columns = std::getenv("COLUMNS")) {
    const auto number = parse_u64(columns);
    if (number && *number >= 20) return static_cast<std::size_t>(*number);
  }
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

void put(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fputc('\n', file);
}

}  // namespace

Console::Console(const Global& global)
    : canvas_{.width = width(), .color = wants_color(global.no_color)} {}

void Console::print(std::string_view text) const { put(stdout, text); }

void Console::print(const std::vector<std::string>& lines) const {
  for (const std::string& line : lines) print(line);
}

void Console::tell(std::string_view text) const {
  std::fflush(stdout);
  put(stderr, "spillway: " + printable(text));
}

void Console::tell(const Error& error) const {
  const std::string place = error.where.empty() ? "" : error.where + ": ";
  tell(place + error.what);
  if (!error.hint.empty()) put(stderr, "  " + printable(error.hint));
}

ExitCode Console::failed(const Error& error) const {
  tell(error);
  return exit_code(error.code);
}

ExitCode Console::finish(ExitCode code) const {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  tell(system_error(errno, "standard output"));
  return ExitCode::failure;
}

}  // namespace spillway
