#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "model/event.h"

namespace spillway {

/// Why a line was skipped. A process that was killed leaves its last line torn.
struct SkippedLine {
  std::string file;
  std::uint64_t line = 0;  // from 1
  std::string why;
};

/// Streams the events of a journal file, or of all files of a journal directory, in the order in
/// which they were written. Lines that cannot be read are skipped and counted; memory is bounded by
/// the longest line (16 MiB; longer ones are skipped). Blocks on the disk. One thread at a time.
class JournalReader {
 public:
  /// Errors: there is no such file or directory, or it cannot be read.
  static Result<JournalReader> open(const std::string& path);

  /// The next event; nullopt at the end.
  std::optional<Event> next();

  std::uint64_t skipped() const { return skipped_; }
  /// The first hundred of them.
  const std::vector<SkippedLine>& skipped_lines() const { return skipped_lines_; }
  /// Of the event that next() gave last: "FILE:LINE".
  std::string place() const;

 private:
  explicit JournalReader(std::vector<std::string> files) : files_(std::move(files)) {}

  bool next_line();
  bool open_next_file();
  void skip(std::string why);

  std::vector<std::string> files_;
  std::size_t next_file_ = 0;
  std::string file_;
  UniqueFd fd_;
  std::string buffer_;  // read and not handed out yet
  std::size_t begin_ = 0;
  std::string line_;
  std::uint64_t line_number_ = 0;
  bool too_long_ = false;
  std::uint64_t skipped_ = 0;
  std::vector<SkippedLine> skipped_lines_;
};

}  // namespace spillway
