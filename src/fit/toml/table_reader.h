#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "fit/toml/document.h"

namespace spillway::fit {

/// Takes the keys of a table one by one and notes what is wrong: a value of another kind, one that its
/// parser does not like, and in the end the keys that nobody asked for.
class TableReader {
 public:
  /// `errors` and `table` outlive it; `errors` gets one per finding, with file, line and column.
  TableReader(const TomlTable& table, std::string file, std::vector<Error>& errors)
      : table_(table), file_(std::move(file)), errors_(errors) {}

  bool has(std::string_view key) const { return table_.values.contains(key); }

  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::int64_t> whole(std::string_view key);
  std::optional<double> number(std::string_view key);  // a whole one, too
  std::optional<Bytes> bytes(std::string_view key);    // "1.5 GiB", or a count
  std::vector<std::string> texts(std::string_view key);
  std::vector<double> numbers(std::string_view key);
  /// An amount, or [low, likely, high] of them in this order.
  std::vector<Bytes> amounts(std::string_view key);
  /// A text, a number or a flag as text, for parsers that command lines share.
  std::optional<std::string> plain(std::string_view key);

  /// What `find` makes of a text; names what there is when it makes nothing of it.
  template <class T>
  std::optional<T> word(std::string_view key, std::optional<T> (*find)(std::string_view),
                        const std::string& hint) {
    const auto said = text(key);
    if (!said) return std::nullopt;
    const auto found = find(*said);
    if (!found) complain(key, "\"" + *said + "\" is not known", hint);
    return found;
  }

  /// Of a [key] or of each [[key]] below this table.
  std::vector<std::reference_wrapper<const TomlTable>> tables(std::string_view key);

  /// A finding about `key`, or about the table where that is not there.
  void complain(std::string_view key, std::string what, std::string hint = {});
  /// Complains about every key that was not asked for, naming the nearest that was.
  void finish();

 private:
  const TomlValue* look(std::string_view key);
  template <class T>
  std::optional<T> as(std::string_view key, const char* kind);

  const TomlTable& table_;
  std::string file_;
  std::vector<Error>& errors_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace spillway::fit
