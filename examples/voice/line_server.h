#pragma once

#include <functional>
#include <string>

namespace voice {

/// SIGTERM and SIGINT as a descriptor to poll. Blocks them in the calling thread and in all that it
/// makes later, so it comes before the first of these.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// Answers lines over a Unix stream socket, after `listening()` was called: one thread per connection, one answer line per request
/// line. `answer` may be called by several threads at once. Returns when one of the
/// stop signals arrives. Throws std::system_error if the socket cannot be made.
void serve_lines(const std::string& socket_path, const StopSignals& stop,
                 const std::function<void()>& listening,
                 const std::function<std::string(const std::string&)>& answer);

}  // namespace voice
