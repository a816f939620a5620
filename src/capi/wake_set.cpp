#include "capi/wake_set.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>

namespace spillway {

Result<WakeSet> WakeSet::open(int engine_fd) {
  WakeSet set;
  set.epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  set.kick_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!set.epoll_ || !set.kick_) return tl::unexpected(system_error(errno, "epoll, eventfd"));
  set.engine_fd_ = engine_fd;
  for (const int fd : {engine_fd, set.kick_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(set.epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return tl::unexpected(system_error(errno, "epoll_ctl"));
    }
  }
  return set;
}

void WakeSet::kick() const {
  const std::uint64_t one = 1;
  // Full means that a kick waits already.
  (void)!::write(kick_.get(), &one, sizeof one);
}

void WakeSet::watch(const std::vector<WakeFd>& sensors) {
  if (sensors == sensors_) return;
  for (const WakeFd& known : sensors_) {
    if (std::find(sensors.begin(), sensors.end(), known) != sensors.end()) continue;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, known.fd, nullptr);
  }
  for (const WakeFd& wake : sensors) {
    epoll_event event{};
    event.events = static_cast<std::uint32_t>(wake.events);  // poll(2)'s bits are epoll's
    event.data.fd = wake.fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake.fd, &event);  // fails where it is there already
  }
  sensors_ = sensors;
}

bool WakeSet::wait(Duration time) {
  constexpr Duration kLongest = 24h;
  const auto ms =
      std::chrono::ceil<std::chrono::milliseconds>(std::clamp(time, Duration::zero(), kLongest));
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(ms.count()));
  bool fired = false;
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == kick_.get()) {
      std::uint64_t ignored = 0;
      (void)!::read(fd, &ignored, sizeof ignored);
    } else if (fd != engine_fd_) {
      fired = true;
    }
  }
  return fired;
}

}  // namespace spillway
