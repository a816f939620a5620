#include "sense/fields.h"

#include "base/text.h"

namespace spillway {

std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<Bytes> parse_amount(std::string_view digits, std::int64_t unit) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  const auto count = parse_u64(digits);
  if (!count || *count > kMost / static_cast<std::uint64_t>(unit)) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(*count) * unit};
}

}  // namespace spillway
