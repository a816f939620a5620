#include "fit/files/json_walk.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

constexpr std::size_t kDeepest = 64;

// What is left of the text, window by window.
struct Source {
  HeaderReader* in;
  std::uint64_t left;
  const char* next = nullptr;
  const char* end = nullptr;

  bool refill() {
    if (left == 0) return false;
    const std::string_view window = in->ahead().substr(0, left);
    if (window.empty()) return false;
    next = window.data();
    end = next + window.size();
    in->skip(window.size());
    left -= window.size();
    return true;
  }
  std::uint64_t at() const { return in->at() - static_cast<std::uint64_t>(end - next); }
};

// As nlohmann's parser wants it: a default one is the end.
struct Cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Source* source = nullptr;

  const char& operator*() const { return *source->next; }
  Cursor& operator++() {
    ++source->next;
    return *this;
  }
  Cursor operator++(int) { return ++*this; }
  bool operator!=(const Cursor&) const { return source->next != source->end || source->refill(); }
  bool operator==(const Cursor& other) const { return !(*this != other); }
};

class Walker {
 public:
  Walker(Source& source, const JsonVisitor& visit) : source_(source), visit_(visit) {}

  // The events of nlohmann's sax interface.
  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(std::int64_t value) { return scalar(value); }
  bool number_unsigned(std::uint64_t value) {
    return std::in_range<std::int64_t>(value) ? scalar(static_cast<std::int64_t>(value))
                                              : scalar(static_cast<double>(value));
  }
  bool number_float(double value, const std::string&) { return scalar(value); }
  bool string(std::string& value) { return scalar(std::string_view(value)); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(false); }
  bool start_array(std::size_t) { return open(true); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (!levels_[depth_ - 1].members.insert(name).second) {
      return refuse("the member " + in_quotes(name) + " is there twice");
    }
    path_.back().name = name;
    levels_[depth_ - 1].empty = false;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while ..."
    const std::string_view what = error.what();
    const auto words = what.find(": ");
    return refuse("no JSON: " + std::string(what.substr(words == what.npos ? 0 : words + 2, 200)));
  }

 private:
  struct Level {
    std::unordered_set<std::string> members;
    bool is_array = false;
    bool empty = true;
  };

  bool refuse(std::string what) {
    source_.in->fail_at(source_.at(), std::move(what));
    return false;
  }
  bool scalar(const JsonScalar& value) {
    const bool going_on = visit_(path_, value);
    step();
    return going_on && source_.in->ok();
  }
  // On to the next element of an array.
  void step() {
    if (depth_ == 0 || !levels_[depth_ - 1].is_array) return;
    ++path_.back().index;
    levels_[depth_ - 1].empty = false;
  }
  bool open(bool is_array) {
    if (depth_ == kDeepest) return refuse("nested deeper than 64");
    if (levels_.size() == depth_) levels_.emplace_back();
    Level& level = levels_[depth_++];  // used again: an object in every element of a long list
    level.members.clear();
    level.is_array = is_array;
    level.empty = true;
    path_.push_back({.in_array = is_array});
    return true;
  }
  bool close() {
    path_.pop_back();
    const Level& level = levels_[--depth_];
    if (level.empty) return scalar(JsonEmpty{level.is_array});
    step();
    return true;
  }

  Source& source_;
  const JsonVisitor& visit_;
  JsonPath path_;
  std::vector<Level> levels_;
  std::size_t depth_ = 0;
};

}  // namespace

void walk_json(HeaderReader& in, std::uint64_t size, const JsonVisitor& visit) {
  if (size > in.left()) return in.fail_here("the text is cut off");
  Source source{&in, size};
  Walker walker(source, visit);
  const bool whole = nlohmann::json::sax_parse(Cursor{&source}, Cursor{}, &walker);
  if (!whole && in.ok()) in.fail_here("the text makes no sense here");
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
