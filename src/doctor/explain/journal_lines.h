#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/explain/series.h"

namespace spillway::doctor {

/// Lines of our own journal (docs/json.md): how full each pool was, and what the kernel said. Frames by the
/// million are sampled: one in kBetween bytes is parsed, and each that tells of a kernel's message.
class JournalLines {
 public:
  static constexpr std::size_t kBetween = 128 * 1024;

  struct Message {
    std::string text;
    Stamp stamp;
  };
  /// The kernel's messages in this line.
  std::vector<Message> take(std::string_view line);
  std::vector<Series> series() const { return series_; }

 private:
  std::vector<Series> series_;
  std::size_t since_ = 0;   // bytes since the last frame that was parsed
  std::size_t parsed_ = 0;  // frames
};

}  // namespace spillway::doctor
