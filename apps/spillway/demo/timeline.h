#pragma once

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "base/bytes.h"

namespace spillway {

/// The story on the screen: one line per thing that happens, with the time since the start. Any
/// thread.
class Timeline {
 public:
  /// `out` stays open; in colour where it is a terminal and NO_COLOR is not set.
  explicit Timeline(std::FILE* out);
  void say(const std::string& text);
  /// A line with a bar of how full the limit is: "[=======   ] 1.31 of 2.25 GiB".
  void gauge(Bytes used, Bytes limit, const std::string& text);
  /// A heading.
  void chapter(const std::string& text);
  /// "12.3s " in front of every line counts from here.
  void restart();

 private:
  void line(const std::string& text, const char* colour);

  std::FILE* const out_;
  const bool colour_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace spillway
