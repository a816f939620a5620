#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "record/event_lines.h"
#include "record/journal_files.h"

namespace spillway {

struct JournalOptions {
  /// Where the rotated files live; made when missing, its parents too.
  std::string directory;
  /// Instead of a directory: this one file, appended to and never rotated or thinned (`--record`).
  std::string file;
  FrameRules frames;
  Bytes max_file = {4 << 20};
  JournalLimits limits;
  std::size_t queue_bytes = 512 << 10;
  /// Told when writing fails, and when it works again; on the journal's own thread.
  std::function<void(const std::string&)> complain = {};
  const Clock* clock = nullptr;  // the system's when null; outlives the writer
};

/// "$XDG_STATE_HOME/spillway/journal" (or below ~/.local/state) in user mode, else
/// /var/lib/spillway/journal. Empty when there is no home directory.
std::string default_journal_directory(bool user_mode);

struct JournalCounters {
  std::uint64_t written = 0;  // lines
  std::uint64_t failed = 0;   // lines that could not be written: disk full, no rights
  std::uint64_t dropped = 0;  // lines for which the queue had no room
};

/// Appends events as JSON lines. take() makes the text and never touches the disk: a thread of its
/// own, started by the first event, writes. Every file can be read alone: it begins with the policy
/// and a frame that carries the tenants. Each line is one write(2) on an O_APPEND descriptor, so a
/// kill loses at most the queue and leaves at most one torn line. Failures are counted and
/// complained about, never fatal. take() and the destructor, which writes what is queued, on one
/// thread; counters() on any.
class JournalWriter final : public EventSink {
 public:
  explicit JournalWriter(JournalOptions options);

  void take(const Event& event) override;
  JournalCounters counters() const;

 private:
  /// How far the present file can be gone on with.
  enum class State { going_on, full, absent };

  void push(std::string line);
  void append(const LogLine& line);
  Status write_line(std::string text, bool begins_file);
  Status open_file();
  void keep_bound();

  JournalOptions options_;
  SystemClock system_clock_;
  const Clock& clock_;

  // of the engine's thread
  EventLines lines_;
  State state_ = State::absent;
  std::int64_t file_bytes_ = 0;
  std::string policy_line_;
  std::uint64_t dropped_seen_ = 0;

  // of the journal's thread
  UniqueFd fd_;
  std::uint64_t number_ = 1;
  bool torn_ = false;
  std::uint64_t failing_since_ = 0;  // lines lost in a row

  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> failed_{0};
  Log queue_;  // last: its destructor ends the thread that uses the rest
};

}  // namespace spillway
