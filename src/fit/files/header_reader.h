#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace spillway::fit {

/// Reads headers out of a file with pread(2): forward and by jumps, a window at a time, so that what is
/// skipped is never read. Nothing in the file is trusted: a length counts only as far as bytes are
/// left, and never more than the window and the text asked for are held. Numbers are little-endian.
///
/// Failing is sticky: after the first failure every read yields zeros and nothing, so a parser checks
/// ok() where it loops and once at its end. Blocks as long as the disk does. Not thread-safe.
class HeaderReader {
 public:
  /// Errc::invalid for what is no plain file: a directory, a pipe or a device is never waited for.
  static Result<HeaderReader> open(const std::string& path);
  /// Over bytes that outlive it; `name` stands for the path in errors.
  static HeaderReader over(std::string_view bytes, std::string name);
  /// The bytes [begin, begin + size) as a file of their own, cut to what is there (a member of an
  /// archive). Errors still tell offsets of the whole file.
  HeaderReader part(std::uint64_t begin, std::uint64_t size) const;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t at() const { return at_; }
  std::uint64_t left() const { return size_ - at_; }
  /// What was fetched so far by this reader and its parts.
  Bytes bytes_read() const { return {static_cast<std::int64_t>(*fetched_)}; }

  bool ok() const { return !error_; }
  tl::unexpected<Error> error() const { return tl::unexpected<Error>(*error_); }
  /// Fails at the current byte, or at another; the first failure is kept.
  void fail_here(std::string what, std::string hint = {});
  void fail_at(std::uint64_t at, std::string what, std::string hint = {});

  void seek(std::uint64_t at);
  void skip(std::uint64_t count);
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  /// The next `count` bytes; fails where there are more than `limit` or fewer are left.
  std::string text(std::uint64_t count, std::uint64_t limit);
  /// What the window holds from here on, at least a byte unless the end is reached; nothing is passed.
  std::string_view ahead();
  /// The next bytes without passing them; fewer where the file ends. At most kWindow.
  std::string_view peek(std::size_t count);

  static constexpr std::size_t kWindow = 256 * 1024;

 private:
  HeaderReader() = default;
  template <class T>
  T number();
  bool demand(std::uint64_t count);
  std::string_view fetch(std::size_t least);

  std::string path_;
  std::shared_ptr<const UniqueFd> fd_;  // shared with the parts; none over bytes in memory
  std::uint64_t base_ = 0;              // where this part begins in the file
  std::uint64_t size_ = 0;
  std::uint64_t at_ = 0;
  std::string buffer_;
  std::string_view window_;  // in buffer_, or all bytes in memory
  std::uint64_t window_at_ = 0;
  std::size_t next_fetch_ = 4096;  // grows while reading goes on without jumps
  std::shared_ptr<std::uint64_t> fetched_ = std::make_shared<std::uint64_t>(0);
  std::optional<Error> error_;
};

}  // namespace spillway::fit
