#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "fit/use.h"

namespace spillway {

// What options take. Each error says what was expected.

Result<std::optional<Bytes>> parse_amount(std::string_view text);          // "512M"
Result<std::uint64_t> parse_positive(std::string_view text);               // from 1
Result<std::optional<std::uint64_t>> parse_number(std::string_view text);  // from 0
Result<Duration> parse_interval(std::string_view text);                    // from "100ms"
Result<std::optional<double>> parse_share(std::string_view text);          // above 0, to 1
Result<std::optional<double>> parse_latency(std::string_view text);        // "400ms", to ms
Result<std::optional<double>> parse_percentage(std::string_view text);     // "90", "90%"

/// An option that is read by one of these, or by base's parsers.
template <class T>
CLI::Option* add(CLI::App* app, const std::string& names, T& into,
                 Result<T> (*parse)(std::string_view), const std::string& help,
                 const std::string& kind) {
  const auto take = [&into, parse](const std::string& text) {
    auto value = parse(text);
    if (!value) throw CLI::ValidationError(to_string(value.error()));
    into = *value;
  };
  return app->add_option_function<std::string>(names, take, help)->type_name(kind);
}

void add_json(CLI::App* verb, bool& json);
/// How a model is run: what a stack file says of it, as options.
void add_use(CLI::App* verb, fit::Use& use);

}  // namespace spillway
