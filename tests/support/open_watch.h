#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace spillway::support {

/// Which files below some directories were opened (inotify(7)): to show that something was not touched.
class OpenWatch {
 public:
  OpenWatch() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("no inotify");
  }
  ~OpenWatch() { ::close(fd_); }
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;

  /// The directory and every one below it.
  void add(const std::string& directory) {
    add_one(directory);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_directory()) add_one(entry.path().string());
    }
  }

  /// Names of the files opened since the last call; directories that were listed do not count.
  std::set<std::string> opened() {
    std::set<std::string> names;
    alignas(inotify_event) char buffer[4096];
    for (ssize_t n = 0; (n = ::read(fd_, buffer, sizeof(buffer))) > 0;) {
      for (const char* at = buffer; at < buffer + n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        if (event->len > 0 && (event->mask & IN_ISDIR) == 0) names.insert(event->name);
        at += sizeof(inotify_event) + event->len;
      }
    }
    return names;
  }

 private:
  void add_one(const std::string& directory) {
    if (::inotify_add_watch(fd_, directory.c_str(), IN_OPEN | IN_ONLYDIR) < 0) {
      throw std::runtime_error("cannot watch " + directory);
    }
  }

  int fd_;
};

}  // namespace spillway::support
