#include "wire/line_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/clock.h"
#include "wire/unix_socket.h"

namespace spillway {

Status LineStream::write(std::string_view line, Duration within) {
  const SystemClock clock;
  const TimePoint deadline = clock.now() + within;
  while (!line.empty()) {
    const ssize_t put = ::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL);
    if (put > 0) {
      line.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd_.get(), POLLOUT, deadline - clock.now())) {
        return fail(Errc::timed_out, "the daemon does not read");
      }
    } else if (errno != EINTR) {
      return fail(Errc::unavailable, "the daemon is gone");
    }
  }
  return {};
}

Result<std::string_view> LineStream::read(Duration within) {
  const SystemClock clock;
  const TimePoint deadline = clock.now() + within;
  while (true) {
    if (const auto line = in_.next()) return *line;
    if (!wait_for(fd_.get(), POLLIN, deadline - clock.now())) {
      return fail(Errc::timed_out, "the daemon did not answer in time");
    }
    std::array<char, 16 * 1024> chunk;
    const ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (got == 0) return fail(Errc::unavailable, "the daemon closed the connection");
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      return fail(Errc::unavailable, "the daemon is gone");
    }
    if (got > 0 && !in_.append({chunk.data(), static_cast<std::size_t>(got)})) {
      return fail(Errc::invalid, "the daemon sent a line that is too long");
    }
  }
}

void LineStream::shut() { ::shutdown(fd_.get(), SHUT_RDWR); }

}  // namespace spillway
