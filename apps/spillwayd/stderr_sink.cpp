#include "stderr_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace spillway {
namespace {

/// syslog(3) levels.
char priority(Severity severity) {
  switch (severity) {
    case Severity::debug: return '7';
    case Severity::info: return '6';
    case Severity::warning: return '4';
    case Severity::error: return '3';
  }
  return '6';
}

void write_patiently(std::string_view text) {
  while (!text.empty()) {
    pollfd entry{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&entry, 1, 1000) <= 0 || (entry.revents & POLLOUT) == 0) return;
    // At most what a pipe that is ready takes without blocking (PIPE_BUF, pipe(7)).
    const ssize_t put =
        ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), 4096));
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

std::string stderr_line(const LogLine& line, bool journal) {
  std::string text;
  if (journal) {
    text = {'<', priority(line.severity), '>'};
  } else {
    text = "spillwayd: ";
    if (line.severity >= Severity::warning) text += std::string(name(line.severity)) + ": ";
  }
  const std::size_t head = text.size();
  text += line.text;
  std::replace_if(
      text.begin() + static_cast<std::ptrdiff_t>(head), text.end(),
      [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text + '\n';
}

Log::Sink stderr_sink() {
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  return [journal](const LogLine& line) { write_patiently(stderr_line(line, journal)); };
}

}  // namespace spillway
