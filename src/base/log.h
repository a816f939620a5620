#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace spillway {

enum class Severity { debug, info, warning, error };
const char* name(Severity severity);

struct LogLine {
  Severity severity = Severity::info;
  std::string text;
};

/// Bounded, never blocking for its callers: lines wait in a queue of at most `capacity_bytes` and a
/// thread of its own hands them to the sink (stderr, the journal, a host program's callback), for
/// writing blocks exactly when memory is short. When full, new lines are dropped and counted; the
/// sink is told how many. Any thread may write. The destructor drains what is queued. The sink must
/// not throw.
class Log {
 public:
  using Sink = std::function<void(const LogLine&)>;

  explicit Log(Sink sink, std::size_t capacity_bytes = 64 * 1024);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Before the first write only.
  void set_threshold(Severity least) { threshold_ = least; }
  void write(Severity severity, std::string text);
  std::uint64_t dropped() const;

 private:
  bool started();
  void run();

  Sink sink_;
  const std::size_t capacity_bytes_;
  Severity threshold_ = Severity::info;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<LogLine> queue_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t reported_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // started by the first line: an idle host program pays for no thread
};

}  // namespace spillway
