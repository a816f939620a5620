#include "engine/process_watch.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace spillway {

ProcessWatch::ProcessWatch() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

void ProcessWatch::add(const ProcessKey& process) {
  Watched& watched = watched_[process];
  if (watched.tenants++ > 0) return;
  auto handle = ProcessHandle::open(process.pid, process.start_ticks);
  if (!handle) {
    if (handle.error().code == Errc::not_found) gone_.push_back(process);
    return;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = handle->fd();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, handle->fd(), &event) == 0) {
    watched.handle = std::move(*handle);
  }
}

void ProcessWatch::remove(const ProcessKey& process) {
  const auto found = watched_.find(process);
  if (found == watched_.end() || --found->second.tenants > 0) return;
  unwatch(found->second);
  watched_.erase(found);
  std::erase(gone_, process);
}

void ProcessWatch::unwatch(Watched& watched) {
  if (!watched.handle) return;
  // Closing alone would not do while a forked child still has a copy.
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched.handle->fd(), nullptr);
  watched.handle.reset();
}

std::vector<ProcessKey> ProcessWatch::ended() {
  if (watched_.empty()) return std::exchange(gone_, {});
  std::array<epoll_event, 64> events;
  const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < n; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    const auto found = std::find_if(watched_.begin(), watched_.end(), [&](const auto& entry) {
      return entry.second.handle && entry.second.handle->fd() == fd;
    });
    if (found == watched_.end()) continue;
    gone_.push_back(found->first);
    unwatch(found->second);
  }
  return std::exchange(gone_, {});
}

}  // namespace spillway
