#include "cli/parsers.h"

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "fit/choose/use_options.h"

namespace spillway {

Result<std::optional<Bytes>> parse_amount(std::string_view text) {
  auto bytes = parse_bytes(text);
  if (!bytes) return tl::unexpected(bytes.error());
  return std::optional(*bytes);
}

Result<std::uint64_t> parse_positive(std::string_view text) {
  const auto count = parse_u64(text);
  if (!count || *count == 0) return fail(Errc::invalid, "not a count from 1", std::string(text));
  return *count;
}

Result<std::optional<std::uint64_t>> parse_number(std::string_view text) {
  const auto number = parse_u64(text);
  if (number) return number;
  return fail(Errc::invalid, "no number", std::string(text));
}

Result<Duration> parse_interval(std::string_view text) {
  auto interval = parse_duration(text);
  if (interval && *interval < 100ms)
    return fail(Errc::invalid, "at least 100ms", std::string(text));
  return interval;
}

Result<std::optional<double>> parse_share(std::string_view text) {
  const auto share = parse_decimal(text);
  if (share && *share > 0 && *share <= 1) return share;
  return fail(Errc::invalid, "no share above 0 and up to 1", std::string(text));
}

Result<std::optional<double>> parse_latency(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return tl::unexpected(duration.error());
  return std::chrono::duration<double, std::milli>(*duration).count();
}

Result<std::optional<double>> parse_percentage(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto percentage = parse_decimal(text);
  if (percentage && *percentage >= 0 && *percentage <= 100) return percentage;
  return fail(Errc::invalid, "no percentage", std::string(text));
}

void add_json(CLI::App* verb, bool& json) {
  verb->add_flag("--json", json, "Print JSON (docs/json.md)");
}

void add_use(CLI::App* verb, fit::Use& use) {
  for (const fit::UseOption& option : fit::use_options()) {
    if (option.type == "BOOL") continue;  // what a stack file may say, too
    std::string name = "--" + std::string(option.name);
    std::replace(name.begin(), name.end(), '_', '-');
    const auto take = [&use, &option](const std::string& text) {
      const Status ok = option.apply(use, text);
      if (!ok) throw CLI::ValidationError(to_string(ok.error()));
    };
    verb->add_option_function<std::string>(name, take, std::string(option.help))
        ->type_name(std::string(option.type));
  }
}

}  // namespace spillway
