#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "doctor/lines/source.h"

namespace spillway::doctor {

/// Lines of any stream in constant memory, with what stood before them. Any bytes are a line, NUL
/// and no UTF-8 too. A line longer than kLongest comes in pieces and is counted. One thread at a time.
class LineReader {
 public:
  static constexpr std::size_t kLongest = 64 * 1024;
  static constexpr std::size_t kHistory = 64 * 1024;

  LineReader(std::string name, std::unique_ptr<ByteSource> bytes);

  /// False at the end, or where reading failed: error() says which.
  bool next();

  /// Without "\n"; valid until next().
  std::string_view line() const { return {buffer_.get() + line_begin_, line_end_ - line_begin_}; }
  /// What stands before it: whole lines, at most kHistory bytes, ending in "\n".
  std::string_view history() const;
  std::uint64_t number() const { return number_; }  // of the line, from 1
  const std::string& name() const { return name_; }

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t cut_lines() const { return cut_lines_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  void refill();

  std::string name_;
  std::unique_ptr<ByteSource> source_;
  static constexpr std::size_t kBlock = 128 * 1024;
  static constexpr std::size_t kBuffer = kHistory + kLongest + kBlock;
  std::unique_ptr<char[]> buffer_;  // not touched before it is needed
  std::size_t line_begin_ = 0, line_end_ = 0;
  std::size_t next_ = 0, end_ = 0;  // not handed out yet
  std::uint64_t number_ = 0, bytes_ = 0, cut_lines_ = 0;
  bool ended_ = false;
  bool within_ = false;  // a line of which a piece was handed out
  std::optional<Error> error_;
};

}  // namespace spillway::doctor
