#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/text.h"

namespace spillway::doctor {

// What the readers of kernel files share: a figure that no machine can have is unknown, and a line
// without its newline was cut off and does not count.

/// The next complete line, cut off `text`.
inline std::optional<std::string_view> next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

/// Digits in units of `unit` bytes, up to 2^62.
inline std::optional<Bytes> amount_of(std::string_view digits, std::uint64_t unit = 1) {
  const auto count = parse_u64(digits);
  if (!count || *count > (std::uint64_t{1} << 62) / unit) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(*count * unit)};
}

/// "lzo [lzo-rle] zstd": the one in brackets; empty when none is.
inline std::string chosen(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  return std::string(text.substr(open + 1, std::min<std::size_t>(close - open - 1, 32)));
}

/// A line "Key:   123 kB", and where its figure goes.
template <class Record>
struct KibField {
  std::string_view key;
  std::optional<Bytes> Record::*member;
};

template <class Record, std::size_t N>
void fill_kib(std::string_view line, const std::array<KibField<Record>, N>& fields, Record& into) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  for (const auto& field : fields) {
    if (field.key != line.substr(0, colon)) continue;
    std::string_view rest = line.substr(colon + 1);
    const auto digits = next_word(rest);
    if (digits && next_word(rest) == "kB") into.*(field.member) = amount_of(*digits, 1024);
    return;
  }
}

}  // namespace spillway::doctor
