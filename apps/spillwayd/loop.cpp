#include "loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spillway {
namespace {

/// Events of sensors carry this; those of our own the index of their function.
constexpr std::uint64_t kSource = ~std::uint64_t{0};

int wait_within(int epoll, epoll_event* events, int most, Duration time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec ts{whole.count(), (time - whole).count()};
  const int count = ::epoll_pwait2(epoll, events, most, &ts, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  // Before Linux 5.11: to the millisecond, and rather late than spinning.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return ::epoll_wait(epoll, events, most, static_cast<int>(std::min<decltype(ms)>(ms, 60'000)));
}

}  // namespace

Result<Loop> Loop::open() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return tl::unexpected(system_error(errno, "epoll"));
  return Loop(std::move(epoll));
}

Status Loop::watch(int fd, std::function<void()> ready) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = ready_.size();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return tl::unexpected(system_error(errno, "epoll"));
  }
  ready_.push_back(std::move(ready));
  return {};
}

void Loop::watch_sources(const std::vector<WakeFd>& sources) {
  if (sources == sources_) return;
  for (const WakeFd& known : sources_) {
    if (std::find(sources.begin(), sources.end(), known) != sources.end()) continue;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, known.fd, nullptr);  // in vain where it was closed
  }
  for (const WakeFd& source : sources) {
    // poll(2) and epoll(7) give these events the same values.
    epoll_event event{};
    event.events = static_cast<std::uint32_t>(source.events) | EPOLLET;
    event.data.u64 = kSource;
    // Those that were there, too: adding them fails and changes nothing, as it does for what is none.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source.fd, &event);
  }
  sources_ = sources;
}

bool Loop::wait(TimePoint now, TimePoint deadline) {
  std::array<epoll_event, 16> events;
  const int count = wait_within(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                std::max(deadline - now, Duration::zero()));
  bool noticed = false;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t which = events[static_cast<std::size_t>(i)].data.u64;
    if (which == kSource) {
      noticed = true;
    } else {
      ready_[which]();
    }
  }
  return noticed;
}

}  // namespace spillway
