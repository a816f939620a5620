#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace spillway::doctor {

// Small steps through a line that somebody else printed. Nothing here allocates or throws.

/// Where the first `mark` at `from` or behind it begins; npos. As std::string_view::find(), eight places at a
/// time: an error line is searched for a dozen marks.
std::size_t position(std::string_view text, std::string_view mark, std::size_t from = 0);
bool has(std::string_view text, std::string_view mark);
/// What follows the first `mark`.
std::optional<std::string_view> after(std::string_view text, std::string_view mark);
/// What stands before the first `mark`; all of it when there is none.
std::string_view before(std::string_view text, std::string_view mark);
/// Between the first `open` and the next `close` behind it.
std::optional<std::string_view> between(std::string_view text, std::string_view open,
                                        std::string_view close);

/// Digits at the beginning, after blanks; separating commas ("8,000,000") are skipped.
std::optional<std::int64_t> leading_integer(std::string_view text);
std::optional<std::int64_t> integer_after(std::string_view text, std::string_view mark);
/// "-0.3", "11.62", after blanks.
std::optional<double> leading_decimal(std::string_view text);

/// An amount as programs print them, after blanks: "1.5 GiB", "615.4MiB", "2.5G", "0 bytes", "12 kB".
/// All units are binary: kernel kB are 1024, and PyTorch, ggml and Ollama print GB for 2^30. A bare
/// number counts in `bare` bytes; 0 there asks for a unit. Kept as a double: sums are rounded once.
std::optional<double> leading_amount(std::string_view text, double bare = 0);
std::optional<double> amount_after(std::string_view text, std::string_view mark, double bare = 0);
/// The amount that ends where `mark` begins: "(10.63 GiB already allocated".
std::optional<double> amount_before(std::string_view text, std::string_view mark);

/// To the nearest byte; saturates.
Bytes rounded(double bytes);
std::optional<Bytes> rounded(std::optional<double> bytes);

}  // namespace spillway::doctor
