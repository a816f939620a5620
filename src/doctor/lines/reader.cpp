#include "doctor/lines/reader.h"

#include <algorithm>
#include <cstring>

namespace spillway::doctor {

LineReader::LineReader(std::string name, std::unique_ptr<ByteSource> bytes)
    : name_(std::move(name)), source_(std::move(bytes)), buffer_(new char[kBuffer]) {}

std::string_view LineReader::history() const {
  const std::size_t length = std::min(line_begin_, kHistory);
  const std::string_view bytes(buffer_.get() + line_begin_ - length, length);
  if (length < kHistory) return bytes;  // all that there ever was
  const auto newline = bytes.find('\n');
  return newline == std::string_view::npos ? std::string_view() : bytes.substr(newline + 1);
}

void LineReader::refill() {
  if (kBuffer - end_ < kBlock) {
    const std::size_t kept = std::min(next_, kHistory);
    const std::size_t drop = next_ - kept;
    std::memmove(buffer_.get(), buffer_.get() + drop, end_ - drop);
    next_ = kept;
    end_ -= drop;
  }
  const auto n = source_->read(buffer_.get() + end_, kBuffer - end_);
  if (!n) error_ = n.error();
  if (!n || *n == 0) {
    ended_ = true;
    return;
  }
  end_ += *n;
  bytes_ += *n;
}

bool LineReader::next() {
  std::size_t searched = 0;
  for (;;) {
    const char* begin = buffer_.get() + next_;
    const std::size_t length = end_ - next_;
    const void* found =
        length > searched ? std::memchr(begin + searched, '\n', length - searched) : nullptr;
    const std::size_t line = found != nullptr
                                 ? static_cast<std::size_t>(static_cast<const char*>(found) - begin)
                                 : length;
    const bool piece = line >= kLongest && (found == nullptr || line > kLongest);
    if (found == nullptr && !piece && !ended_) {
      searched = length;
      refill();
      continue;
    }
    if (found == nullptr && length == 0) {
      line_begin_ = line_end_ = next_;  // history() is all that there was
      return false;
    }
    line_begin_ = next_;
    line_end_ = next_ + (piece ? kLongest : line);
    next_ = line_end_ + (found != nullptr && !piece ? 1 : 0);
    if (!within_) ++number_;
    if (piece && !within_) ++cut_lines_;
    within_ = piece;
    return true;
  }
}

}  // namespace spillway::doctor
