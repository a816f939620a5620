#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace spillway {

/// Writes JSON (RFC 8259) into a string, members in the order of the calls and without a document
/// tree: a record costs what its text costs. Bytes that are no UTF-8 (a process may be called
/// anything) become U+FFFD, numbers that are not finite become null. One thread at a time.
class JsonWriter {
 public:
  /// `indent` spaces per level and one member a line; 0: everything on one line.
  explicit JsonWriter(int indent = 0) : indent_(indent) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  /// The next value is the member `name`.
  void key(std::string_view name);

  void value(std::nullptr_t) { scalar("null"); }
  void value(bool flag) { scalar(flag ? "true" : "false"); }
  void value(double number);
  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  template <std::integral T>
  void value(T number) {
    scalar(std::to_string(number));
  }
  /// In bytes, nanoseconds and RFC 3339; the name of the member says the unit.
  void value(Bytes bytes) { value(bytes.count); }
  void value(Duration duration) { value(duration.count()); }
  void value(TimePoint time) { value(time.time_since_epoch().count()); }
  void value(WallTime time);
  /// Unknown is null.
  template <class T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      value(nullptr);
    }
  }

  template <class T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }

  /// The next value is this JSON text, as it is.
  void raw(std::string_view json) { scalar(json); }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void scalar(std::string_view text);
  void separate();
  void new_line();

  std::string out_;
  int indent_;
  int depth_ = 0;
  bool first_ = true;  // no comma before the next value
  bool after_key_ = false;
};

}  // namespace spillway
