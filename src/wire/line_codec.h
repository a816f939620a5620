#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spillway {

/// Cuts a byte stream into lines. Bytes may be anything; a line ends at '\n', a '\r' before it is
/// dropped, empty lines are skipped. Not thread-safe.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t longest) : longest_(longest) {}

  /// False when the unfinished line is longer than `longest`: the stream is past saving.
  bool append(std::string_view bytes);
  /// The next whole line, valid until the next call of append(). nullopt: none is complete.
  std::optional<std::string_view> next();
  /// Whether next() would give a line.
  bool ready() const;
  /// Bytes held.
  std::size_t size() const { return data_.size() - begin_; }

 private:
  void skip_blank();

  std::size_t longest_;
  std::string data_;
  std::size_t begin_ = 0;     // of the first line not handed out
  std::size_t searched_ = 0;  // no '\n' before it: half a line is not searched again and again
};

}  // namespace spillway
