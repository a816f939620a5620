#include <utility>
#include <vector>

#include "base/text.h"
#include "fit/files/config_json.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kLongest = 64 << 20;  // vocabularies are in it
constexpr std::size_t kMostKeys = 20'000;
constexpr std::size_t kLongestLine = 1024;
constexpr std::size_t kLongestKey = 256;

struct Open {
  std::size_t indent = 0;
  std::string path;  // with a dot at its end
};

HeaderValue value_of(std::string_view text) {
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  if (const auto whole = parse_i64(text)) return *whole;
  if (const auto real = parse_decimal(text)) return *real;
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
      text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

class Lines {
 public:
  explicit Lines(ModelFile& out) : out_(out) {}

  void line(std::string_view text) {
    const std::size_t indent = text.find_first_not_of(' ');
    if (indent == text.npos || text[indent] == '#' || text[indent] == '-') return;
    const auto colon = text.find(':', indent);
    if (colon == text.npos || (colon + 1 < text.size() && text[colon + 1] != ' ')) return;
    while (!open_.empty() && open_.back().indent >= indent) open_.pop_back();
    const std::string parent = open_.empty() ? std::string() : open_.back().path;
    std::string key = parent + std::string(trimmed(text.substr(indent, colon - indent)));
    const std::string_view value = trimmed(text.substr(colon + 1));
    if (key.size() > kLongestKey) return;
    if (value.empty()) {
      if (open_.size() < 16) open_.push_back({indent, key + "."});
    } else if (value != "null" && out_.header.size() < kMostKeys) {
      out_.header.emplace(std::move(key), value_of(value));
    }
  }

 private:
  ModelFile& out_;
  std::vector<Open> open_;
};

}  // namespace

void read_config_yaml(HeaderReader& in, ModelFile& out) {
  if (in.left() > kLongest) return in.fail_here("a configuration of more than 64 MiB");
  Lines lines(out);
  std::string line;
  bool cut = false;  // longer than any line of ours
  while (in.ok() && in.left() > 0) {
    const std::string_view window = in.ahead();
    for (const char c : window) {
      if (c == '\n') {
        if (!cut) lines.line(line);
        line.clear();
        cut = false;
      } else if (line.size() < kLongestLine) {
        line += c;
      } else {
        cut = true;
      }
    }
    in.skip(window.size());
  }
  if (!cut) lines.line(line);
}

}  // namespace spillway::fit
