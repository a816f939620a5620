#include "context/scanner.h"

#include <bit>
#include <cstring>
#include <optional>

#include "context/text.h"

namespace spillway::context {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

/// The high bit of the first byte, at least, that is zero.
constexpr std::uint64_t zeros(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

/// Marks the first byte that is a quote, a backslash, a control character or not ASCII.
constexpr std::uint64_t special(std::uint64_t word) {
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
  return zeros(word ^ kOnes * '"') | zeros(word ^ kOnes * '\\') | control | (word & kHighs);
}

}  // namespace

Scanner::Scanner(std::string_view text)
    : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

Error Scanner::error() const {
  return {Errc::invalid, std::string("not JSON as it should be: ") + (what_ ? what_ : "no error"),
          "byte " + std::to_string(at_ - begin_), ""};
}

void Scanner::fail(const char* what) {
  if (ok()) what_ = what;
}

Scanner::Start Scanner::begin() {
  blanks();
  return {at_, compact_};
}

Value Scanner::end(const Start& start, Kind kind) const {
  if (!ok()) return {};
  return {kind, {start.at, static_cast<std::size_t>(at_ - start.at)}, compact_ - start.compact};
}

void Scanner::blanks() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool Scanner::take(char c) {
  if (!ok()) return false;
  blanks();
  if (at_ == end_) {
    fail("it ends too early");
  } else if (*at_ != c) {
    fail(c == '['   ? "an array is expected"
         : c == '{' ? "an object is expected"
                    : "an unexpected character");
  } else {
    ++at_;
    ++compact_;
  }
  return ok();
}

Kind Scanner::next() {
  blanks();
  switch (peek()) {
    case '{': return Kind::object;
    case '[': return Kind::array;
    case '"': return Kind::string;
    case 't':
    case 'f': return Kind::boolean;
    case 'n': return Kind::null;
    default: return Kind::number;
  }
}

Value Scanner::value() {
  const Kind kind = next();
  if (kind == Kind::object) return object([this](std::string_view) { value(); });
  if (kind == Kind::array) return array([this] { value(); });
  const Start start = begin();
  if (!ok()) return {};
  if (at_ == end_) {
    fail("it ends too early");
  } else if (kind == Kind::string) {
    string();
  } else if (kind == Kind::number) {
    number();
  } else {
    word(kind == Kind::null ? "null" : *at_ == 't' ? "true" : "false");
  }
  return end(start, kind);
}

void Scanner::finish() {
  blanks();
  if (at_ != end_) fail("something follows it");
}

std::string_view Scanner::member_key() {
  blanks();
  if (peek() != '"') fail("a member's name is expected");
  if (!ok()) return {};
  const char* const begin = at_ + 1;
  string();
  const std::string_view key(begin, ok() ? static_cast<std::size_t>(at_ - begin - 1) : 0);
  take(':');
  return key;
}

void Scanner::string() {
  ++at_;
  compact_ += 2;
  while (true) {
    while (end_ - at_ >= 8) {
      std::uint64_t eight;
      std::memcpy(&eight, at_, 8);
      const std::uint64_t found = special(eight);
      const int plain = found == 0 ? 8 : std::countr_zero(found) / 8;
      at_ += plain;
      compact_ += static_cast<std::uint64_t>(plain);
      if (plain < 8) break;
    }
    if (at_ == end_) return fail("a text does not end");
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"') break;
    if (c < 0x20) return fail("a control character in a text");
    if (c == '\\') {
      escape();
    } else if (c >= 0x80) {
      sequence();
    } else {
      ++at_;
      ++compact_;
    }
    if (!ok()) return;
  }
  ++at_;
}

void Scanner::escape() {
  const Unit unit = unit_at({at_, static_cast<std::size_t>(end_ - at_)});
  if (unit.raw == 0) return fail("an escape that JSON has not");
  at_ += unit.raw;
  compact_ += unit.compact;
}

void Scanner::sequence() {
  const Unit unit = unit_at({at_, static_cast<std::size_t>(end_ - at_)});
  if (unit.raw == 0) return fail("bytes that are no UTF-8");
  at_ += unit.raw;
  compact_ += unit.compact;
}

bool Scanner::digits() {
  const char* const start = at_;
  while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
  return at_ != start;
}

void Scanner::number() {
  const char* const start = at_;
  if (peek() == '-') ++at_;
  const bool zero = peek() == '0';
  const char* const whole = at_;
  bool good = digits() && !(zero && at_ - whole > 1);
  if (good && peek() == '.') {
    ++at_;
    good = digits();
  }
  if (good && (peek() == 'e' || peek() == 'E')) {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    good = digits();
  }
  if (!good) return fail("an unexpected character");
  compact_ += static_cast<std::uint64_t>(at_ - start);
}

void Scanner::word(std::string_view literal) {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (!rest.starts_with(literal)) return fail("an unexpected character");
  at_ += literal.size();
  compact_ += literal.size();
}

}  // namespace spillway::context
