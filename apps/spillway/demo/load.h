#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/time.h"

namespace spillway {

/// What came of the requests to one program.
struct Tally {
  std::uint64_t answered = 0;
  std::uint64_t wrong = 0;  // the checksum differed
  std::uint64_t lost = 0;   // no answer: the program was gone
  Duration longest{};       // from asking to the answer
};

/// Checks an answer line ("VALUE FORM"); true when it is what the weights give.
using Check = std::function<bool(std::uint64_t request, const std::string& answer)>;

/// Asks one program over its socket, one request after another, at a pace that can be changed,
/// from a thread of its own.
class Load {
 public:
  Load(std::string socket_path, Check check);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Time between the starts of two requests; zero rests.
  void pace(Duration between) { between_ns_ = between.count(); }
  Tally tally() const;
  /// The latest answer line; empty before the first.
  std::string last_answer() const;

 private:
  void run();
  bool ask(std::uint64_t request);

  const std::string socket_path_;
  const Check check_;
  std::atomic<std::int64_t> between_ns_{0};
  std::atomic<bool> stopping_{false};
  int fd_ = -1;
  std::string pending_;
  mutable std::mutex mutex_;
  Tally tally_;
  std::string last_answer_;
  std::thread thread_;
};

}  // namespace spillway
