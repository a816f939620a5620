#include "tune/app/scalars.h"

#include <yaml.h>

#include <algorithm>

#include "fit/toml/document.h"

namespace spillway {
namespace {

/// Where each letter of UTF-8 text begins: parsers count letters.
std::vector<std::size_t> letter_offsets(std::string_view text) {
  std::vector<std::size_t> offsets;
  offsets.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) offsets.push_back(i);
  }
  offsets.push_back(text.size());
  return offsets;
}

/// Only what stands there as it was read can be replaced there: text with escapes cannot.
void add(std::vector<AppScalar>& into, std::string_view file, std::vector<std::string> path,
         std::string text, std::size_t at) {
  if (at < file.size() && (file[at] == '"' || file[at] == '\'')) ++at;
  if (text.empty() || file.substr(std::min(at, file.size()), text.size()) != text) return;
  const std::size_t end = at + text.size();
  into.push_back({std::move(path), std::move(text), at, end});
}

/// libyaml's parser, event by event: what refers to something else is not followed.
class YamlScalars {
 public:
  YamlScalars(std::string_view text, std::string_view parsed) : text_(text) {
    ::yaml_parser_initialize(&parser_);
    ::yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    parsed_ = parsed;
    ::yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(parsed_.data()),
                                   parsed_.size());
    offsets_ = letter_offsets(parsed_);
  }
  ~YamlScalars() { ::yaml_parser_delete(&parser_); }
  YamlScalars(const YamlScalars&) = delete;
  YamlScalars& operator=(const YamlScalars&) = delete;

  Result<std::vector<AppScalar>> read(const std::string& name) {
    for (;;) {
      yaml_event_t event;
      if (::yaml_parser_parse(&parser_, &event) == 0) {
        const yaml_mark_t& at = parser_.problem_mark;
        return fail(Errc::invalid, parser_.problem == nullptr ? "malformed" : parser_.problem,
                    name + ":" + std::to_string(at.line + 1) + ":" + std::to_string(at.column + 1));
      }
      take(event);
      if (levels_.size() > kDeepest) {  // libyaml's time grows with the square of it
        ::yaml_event_delete(&event);
        return fail(Errc::invalid, "nested too deeply", name);
      }
      const bool done = event.type == YAML_STREAM_END_EVENT;
      ::yaml_event_delete(&event);
      if (done) return std::move(found_);
    }
  }

 private:
  static constexpr std::size_t kDeepest = 64;

  struct Level {
    bool mapping = false, key_next = true;
    std::string key;
  };

  void take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_MAPPING_START_EVENT: levels_.push_back({.mapping = true}); break;
      case YAML_SEQUENCE_START_EVENT: levels_.push_back({}); break;
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        levels_.pop_back();
        value_ended();
        break;
      case YAML_ALIAS_EVENT: value_ended(); break;
      case YAML_SCALAR_EVENT: take_scalar(event); break;
      default: break;
    }
  }

  void take_scalar(const yaml_event_t& event) {
    std::string word(reinterpret_cast<const char*>(event.data.scalar.value),
                     event.data.scalar.length);
    if (!levels_.empty() && levels_.back().mapping && levels_.back().key_next) {
      levels_.back().key = std::move(word);
      levels_.back().key_next = false;
      return;
    }
    std::vector<std::string> path;
    for (const Level& level : levels_) {
      if (level.mapping) path.push_back(level.key);
    }
    const std::size_t letter = std::min(event.start_mark.index, offsets_.size() - 1);
    const std::size_t shift = text_.size() - parsed_.size();
    add(found_, text_, std::move(path), std::move(word), offsets_[letter] + shift);
    value_ended();
  }

  void value_ended() {
    if (!levels_.empty()) levels_.back().key_next = true;
  }

  std::string_view text_;
  std::string parsed_;
  std::vector<std::size_t> offsets_;
  yaml_parser_t parser_{};
  std::vector<Level> levels_;
  std::vector<AppScalar> found_;
};

Result<std::vector<AppScalar>> yaml_scalars(std::string_view text, AppFormat format,
                                            const std::string& name) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::string parsed(text.substr(text.starts_with(kMark) ? kMark.size() : 0));
  // JSON's letters in two halves (\ud83d\ude00) are none in YAML; what they stand for does not matter.
  for (std::size_t at = parsed.find("\\u"); format == AppFormat::json && at != parsed.npos;
       at = parsed.find("\\u", at + 2)) {
    const std::size_t digits = std::min<std::size_t>(4, parsed.size() - at - 2);
    const auto begin = parsed.begin() + static_cast<std::ptrdiff_t>(at + 2);
    const auto end = begin + static_cast<std::ptrdiff_t>(digits);
    if (std::all_of(begin, end,
                    [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); })) {
      std::fill(begin, end, '3');
    }
  }
  return YamlScalars(text, parsed).read(name);
}

class TomlScalars {
 public:
  explicit TomlScalars(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at != text.npos && at <= text.size(); ++at) {
      lines_.push_back(at);
      at = text.find('\n', at);
      if (at == text.npos) break;
    }
  }

  std::vector<AppScalar> read(const fit::TomlTable& table) {
    walk(table);
    std::sort(found_.begin(), found_.end(),
              [](const AppScalar& a, const AppScalar& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  std::size_t offset(const fit::TomlValue& value) const {
    if (value.line == 0 || value.line > lines_.size()) return text_.size();
    const std::size_t begin = lines_[value.line - 1];
    const auto letters = letter_offsets(text_.substr(begin, text_.find('\n', begin) - begin));
    const std::size_t letter = std::min<std::size_t>(value.column, letters.size());
    return begin + (letter == 0 ? 0 : letters[letter - 1]);
  }

  void walk(const fit::TomlTable& table) {
    for (const auto& [key, value] : table.values) {
      path_.push_back(key);
      walk(value);
      path_.pop_back();
    }
  }

  void walk(const fit::TomlValue& value) {
    if (const auto* tables = std::get_if<std::vector<fit::TomlTable>>(&value.content)) {
      for (const fit::TomlTable& table : *tables) walk(table);
    } else if (const auto* values = std::get_if<std::vector<fit::TomlValue>>(&value.content)) {
      for (const fit::TomlValue& item : *values) walk(item);
    } else if (!std::holds_alternative<std::monostate>(value.content)) {
      const std::size_t at = offset(value);
      const auto* text = std::get_if<std::string>(&value.content);
      const std::size_t end = std::min(text_.find_first_of(" \t\r\n,#]}", at), text_.size());
      add(found_, text_, path_, text != nullptr ? *text : std::string(text_.substr(at, end - at)),
          at);
    }
  }

  std::string_view text_;
  std::vector<std::size_t> lines_;
  std::vector<std::string> path_;
  std::vector<AppScalar> found_;
};

}  // namespace

AppFormat app_format(std::string_view name, std::string_view text) {
  if (name.ends_with(".json") || name.ends_with(".jsonc")) return AppFormat::json;
  if (name.ends_with(".toml")) return AppFormat::toml;
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return AppFormat::yaml;
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && text[first] == '{') return AppFormat::json;
  return fit::parse_toml(text, "").has_value() ? AppFormat::toml : AppFormat::yaml;
}

Result<std::vector<AppScalar>> app_scalars(std::string_view text, AppFormat format,
                                           const std::string& name) {
  if (format != AppFormat::toml) return yaml_scalars(text, format, name);
  const auto table = fit::parse_toml(text, name);
  if (!table) return tl::unexpected(table.error());
  return TomlScalars(text).read(*table);
}

}  // namespace spillway
