#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "wire/line_stream.h"

namespace spillway {

/// The blocking end for programs that ask one thing at a time (the CLI, tests). One thread at a
/// time. A daemon's questions to guests are not answered here: that is GuestSession's.
class ControlClient {
 public:
  /// Connects to the first of `sockets` that answers. When none does, the error says of each why;
  /// Errc::denied wins over Errc::unavailable over Errc::not_found.
  static Result<ControlClient> connect(const std::vector<std::string>& sockets, Duration timeout);

  ControlClient(ControlClient&&) = default;
  ControlClient& operator=(ControlClient&&) = default;

  /// Introduces the program and checks that the two speak the same protocol (Errc::unsupported).
  Result<nlohmann::json> hello(std::string_view program, Duration timeout);
  /// One request (`params`: a JSON object's text) and its answer; the daemon's refusals come back
  /// as its Error. Events that arrive meanwhile are kept for next_event(), the last 1000 of them.
  Result<nlohmann::json> call(std::string_view method, std::string_view params, Duration timeout);
  /// After call("subscribe"): the next event. Errc::timed_out when there is none in time.
  Result<nlohmann::json> next_event(Duration timeout);

  const std::string& path() const { return path_; }
  /// Hands the connection over to somebody who reads it in another way.
  LineStream release() { return std::move(stream_); }

 private:
  ControlClient(LineStream stream, std::string path)
      : stream_(std::move(stream)), path_(std::move(path)) {}
  Result<nlohmann::json> next_message(TimePoint deadline);

  LineStream stream_;
  std::string path_;
  std::vector<std::string> events_;  // as JSON text, oldest first
  std::uint64_t last_id_ = 0;
};

}  // namespace spillway
