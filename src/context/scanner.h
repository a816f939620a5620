#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace spillway::context {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

/// A JSON value where it stands in its text.
struct Value {
  Kind kind = Kind::null;
  std::string_view raw;  // with its quotes or brackets
  /// UTF-8 bytes of the same value without blanks and with no escape that RFC 8259 does not demand;
  /// numbers as they are written.
  std::uint64_t compact = 0;
};

/// Walks through a JSON text (RFC 8259) once, without a tree: a long history is mostly passed on as it
/// came, so where a value stands is all that is needed of it. Checks the grammar, UTF-8 and the depth.
/// The first mistake ends it: after that every call returns at once, and error() tells.
class Scanner {
 public:
  static constexpr int kDeepest = 128;

  /// The text must outlive the scanner and every Value of it.
  explicit Scanner(std::string_view text);

  /// The next value, as a whole.
  Value value();
  /// The next value, which must be an object: each(key) must take the member's value. The key is raw,
  /// without its quotes.
  template <class Each>
  Value object(Each each) {
    return within('{', '}', Kind::object, [&] {
      const std::string_view key = member_key();
      if (ok()) each(key);
    });
  }
  /// The next value, which must be an array: each() must take the element.
  template <class Each>
  Value array(Each each) {
    return within('[', ']', Kind::array, each);
  }
  /// What kind of value comes next, by its first character.
  Kind next();
  /// Nothing may follow but blanks.
  void finish();

  bool ok() const { return what_ == nullptr; }
  /// Errc::invalid, with the byte where it stopped.
  Error error() const;
  void fail(const char* what);

 private:
  template <class Each>
  Value within(char open, char close, Kind kind, Each each) {
    const Start start = begin();
    if (!take(open)) return {};
    if (++depth_ > kDeepest) fail("nested too deeply");
    blanks();
    for (bool first = true; ok() && peek() != close; first = false) {
      if (!first && !take(',')) break;
      each();
      blanks();
      if (ok() && peek() != ',' && peek() != close) fail("a comma or a closing bracket is missing");
    }
    --depth_;
    return take(close) ? end(start, kind) : Value{};
  }

  struct Start {
    const char* at;
    std::uint64_t compact;
  };
  Start begin();
  Value end(const Start& start, Kind kind) const;
  bool take(char c);
  void blanks();
  char peek() const { return at_ < end_ ? *at_ : '\0'; }
  std::string_view member_key();
  void string();
  void escape();
  void sequence();
  void number();
  bool digits();
  void word(std::string_view literal);

  const char* begin_;
  const char* at_;
  const char* end_;
  std::uint64_t compact_ = 0;
  int depth_ = 0;
  const char* what_ = nullptr;
};

}  // namespace spillway::context
