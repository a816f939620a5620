#pragma once

#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/line_codec.h"

namespace spillway {

/// A client's connected socket as lines, blocking with time limits. One thread may read while
/// another writes.
class LineStream {
 public:
  LineStream(UniqueFd fd, std::size_t longest) : fd_(std::move(fd)), in_(longest) {}

  /// `line` ends with '\n'. After an error half of it may be out: the stream is of no use any more.
  /// Errc::timed_out: the peer does not read; Errc::unavailable: it is gone.
  Status write(std::string_view line, Duration within);
  /// The next line, valid until the next read. Errc::timed_out, Errc::unavailable as above;
  /// Errc::invalid: longer than allowed.
  Result<std::string_view> read(Duration within);
  /// Makes a read or write that is under way, in any thread, end with Errc::unavailable.
  void shut();

 private:
  UniqueFd fd_;
  LineBuffer in_;
};

}  // namespace spillway
