#include "fit/files/json_walk.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kLongestNumber = 512;

// What is left of the text, window by window.
class Source {
 public:
  Source(HeaderReader& in, std::uint64_t size) : in_(in), left_(size) {}

  HeaderReader& reader() { return in_; }
  std::uint64_t at() const { return in_.at() - static_cast<std::uint64_t>(end_ - next_); }
  /// What is held of the text from here on; nothing at its end.
  std::string_view held() {
    if (next_ == end_) refill();
    return {next_, static_cast<std::size_t>(end_ - next_)};
  }
  /// The same without fetching more: what was told before stays valid.
  std::string_view rest() const { return {next_, static_cast<std::size_t>(end_ - next_)}; }
  void pass(std::size_t count) { next_ += count; }
  /// The next byte that is no blank, not passed; '\0' at the end.
  char token() {
    for (std::string_view text = held(); !text.empty(); text = held()) {
      const auto first = text.find_first_not_of(" \t\r\n");
      pass(std::min(first, text.size()));
      if (first != text.npos) return *next_;
    }
    return '\0';
  }

 private:
  void refill() {
    const std::string_view window = left_ == 0 ? std::string_view() : in_.ahead().substr(0, left_);
    next_ = window.data();
    end_ = next_ + window.size();
    in_.skip(window.size());
    left_ -= window.size();
  }

  HeaderReader& in_;
  std::uint64_t left_;
  const char* next_ = nullptr;
  const char* end_ = nullptr;
};

// The members' names of one open object: one after the other, so that keeping them costs next to nothing.
class MemberNames {
 public:
  void clear() {
    text_.clear();
    ends_.clear();
  }
  void add(std::string_view name) {
    text_ += name;
    ends_.push_back(text_.size());
  }
  bool empty() const { return ends_.empty(); }
  /// One that is there twice.
  std::optional<std::string_view> twice() const {
    std::vector<std::string_view> names;
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      names.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
    std::sort(names.begin(), names.end());
    const auto found = std::adjacent_find(names.begin(), names.end());
    if (found == names.end()) return std::nullopt;
    return *found;
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

// RFC 8259: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
bool is_number(std::string_view text, bool& whole) {
  const auto digits = [&] {
    const auto count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const auto count = digits();
  if (count == 0 || (zero && count > 1)) return false;
  whole = text.empty();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

void append_utf8(std::string& to, std::uint32_t code) {
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else {  // halves of pairs too: names are compared, not shown letter by letter
    to += static_cast<char>(0xe0 | code >> 12);
    to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  }
}

class Walker {
 public:
  Walker(Source& source, const JsonVisitor& visit) : source_(source), visit_(visit) {}

  void run() {
    value();
    while (depth_ > 0 && ok()) element();
    if (ok() && source_.token() != '\0') refuse("more after its end");
  }

 private:
  struct Level {
    MemberNames members;
    bool is_array = false;
    bool empty = true;
  };

  bool ok() { return source_.reader().ok(); }
  void refuse(std::string what) {
    source_.reader().fail_at(source_.at(), "no JSON: " + std::move(what));
  }
  void expect(char wanted) {
    if (source_.token() != wanted) return refuse(std::string("'") + wanted + "' is missing");
    source_.pass(1);
  }

  void element() {
    Level& level = levels_[depth_ - 1];
    char next = source_.token();
    if (next == (level.is_array ? ']' : '}')) {
      source_.pass(1);
      return close();
    }
    if (!level.empty) {
      expect(',');
      next = source_.token();
    }
    level.empty = false;
    if (!level.is_array) {
      if (next != '"') return refuse("a member without a name");
      const std::string_view name = text();
      level.members.add(name);
      path_.back().name = name;
      expect(':');
    }
    if (ok()) value();
  }
  void value() {
    switch (source_.token()) {
      case '{': return open(false);
      case '[': return open(true);
      case '"': return scalar(text());
      case 't': return word("true", true);
      case 'f': return word("false", false);
      case 'n': return word("null", nullptr);
      default: return number();
    }
  }
  void scalar(const JsonScalar& value) {
    if (ok() && !visit_(path_, value) && ok()) refuse("a value that is not expected");
    step();
  }
  // On to the next element of an array.
  void step() {
    if (depth_ > 0 && levels_[depth_ - 1].is_array) ++path_.back().index;
  }
  void open(bool is_array) {
    if (depth_ == kDeepest) return refuse("nested deeper than 64");
    source_.pass(1);
    if (levels_.size() == depth_) levels_.emplace_back();
    Level& level = levels_[depth_++];  // used again: an object in every element of a long list
    level.members.clear();
    level.is_array = is_array;
    level.empty = true;
    path_.push_back({.in_array = is_array});
  }
  void close() {
    const Level& level = levels_[--depth_];
    path_.pop_back();
    if (const auto name = level.members.twice()) {
      return refuse("the member " + in_quotes(*name) + " is there twice");
    }
    if (level.empty) return scalar(JsonEmpty{level.is_array});
    step();
  }
  void word(std::string_view letters, const JsonScalar& meaning) {
    for (const char letter : letters) {
      if (!source_.held().starts_with(letter)) return refuse("a word that means nothing");
      source_.pass(1);
    }
    scalar(meaning);
  }
  void number() {
    std::array<char, kLongestNumber> digits{};
    std::size_t size = 0;
    for (std::string_view next = source_.held(); size < digits.size() && !next.empty();
         next = source_.held()) {
      if (std::string_view("+-.0123456789eE").find(next.front()) == std::string_view::npos) break;
      digits[size++] = next.front();
      source_.pass(1);
    }
    const std::string_view all(digits.data(), size);
    const char* end = digits.data() + size;
    bool whole = false;
    if (size == digits.size() || !is_number(all, whole)) return refuse("a value is missing");
    std::int64_t integer = 0;
    if (whole && std::from_chars(digits.data(), end, integer).ec == std::errc()) {
      return scalar(integer);
    }
    double real = 0;
    if (std::from_chars(digits.data(), end, real).ec != std::errc()) {
      return refuse("a number that none holds");
    }
    scalar(real);
  }

  // A text without its quotes: valid until the next one.
  std::string_view text() {
    source_.pass(1);
    const std::string_view whole = plain();
    if (source_.rest().starts_with('"')) {
      source_.pass(1);
      return whole;
    }
    text_ = whole;
    while (ok()) {
      const std::string_view held = source_.held();
      if (held.empty()) {
        refuse("a text that does not end");
      } else if (held.front() == '"') {
        source_.pass(1);
        return text_;
      } else if (held.front() == '\\') {
        escape();
      } else if (static_cast<unsigned char>(held.front()) < 0x20) {
        refuse("a control character in a text");
      } else {
        text_ += plain();
      }
    }
    return {};
  }
  // What is held of a text as far as it means itself.
  std::string_view plain() {
    const std::string_view held = source_.held();
    std::size_t size = 0;
    while (size < held.size() && held[size] != '"' && held[size] != '\\' &&
           static_cast<unsigned char>(held[size]) >= 0x20) {
      ++size;
    }
    source_.pass(size);
    return held.substr(0, size);
  }
  char take() {
    const std::string_view held = source_.held();
    if (held.empty()) {
      refuse("a text that does not end");
      return '\0';
    }
    source_.pass(1);
    return held.front();
  }
  void escape() {
    source_.pass(1);
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = take();
    if (const auto known = kLetters.find(letter); known != kLetters.npos) {
      text_ += kMeanings[known];
      return;
    }
    std::uint32_t code = 0;
    for (int i = 0; i < 4 && letter == 'u'; ++i) {
      const std::string_view digits = "0123456789abcdef";
      const char digit = take();
      const auto value =
          digits.find(static_cast<char>(digit >= 'A' && digit <= 'F' ? digit + 32 : digit));
      if (value == digits.npos) return refuse("an escape that means nothing");
      code = code << 4 | static_cast<std::uint32_t>(value);
    }
    if (letter != 'u') return refuse("an escape that means nothing");
    append_utf8(text_, code);
  }

  Source& source_;
  const JsonVisitor& visit_;
  JsonPath path_;
  std::vector<Level> levels_;
  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace

void walk_json(HeaderReader& in, std::uint64_t size, const JsonVisitor& visit) {
  if (size > in.left()) return in.fail_here("the text is cut off");
  Source source(in, size);
  Walker(source, visit).run();
}

std::string to_string(const JsonPath& path) {
  std::string out;
  for (const JsonStep& step : path) {
    if (!out.empty()) out += '.';
    if (step.in_array) {
      out += std::to_string(step.index);
    } else {
      out += step.name;
    }
  }
  return out;
}

}  // namespace spillway::fit
