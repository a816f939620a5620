#include <memory>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

/// "24h", "7d", "2026-11-24", "2026-11-24T08:00:00Z".
Result<Since> parse_since(std::string_view text) {
  const bool is_date = text.size() >= 10 && text[4] == '-';
  if (!is_date) {
    const auto ago = parse_duration(text);
    if (ago && *ago > Duration::zero()) return Since{*ago, {}};
    return fail(Errc::invalid,
                "neither a time such as 24h or 7d nor one such as 2026-11-24T08:00:00Z",
                std::string(text));
  }
  const auto moment =
      parse_rfc3339(text.size() == 10 ? std::string(text) + "T00:00:00Z" : std::string(text));
  if (!moment) return tl::unexpected(moment.error());
  return Since{{}, *moment};
}

Result<double> parse_target_share(std::string_view text) {
  const auto percentage = parse_percentage(text);
  if (!percentage) return tl::unexpected(percentage.error());
  return **percentage / 100;
}

Result<double> parse_seconds(std::string_view text) {
  return parse_duration(text).map([](Duration time) { return seconds(time); });
}

Result<std::optional<double>> parse_maybe_seconds(std::string_view text) {
  return parse_seconds(text).map([](double s) { return std::optional(s); });
}

Result<double> parse_rate(std::string_view text) {
  const auto rate = parse_decimal(text);
  if (rate) return *rate;
  return fail(Errc::invalid, "no number", std::string(text));
}

}  // namespace

void add_reporting(CommandLine& line) {
  const auto options = std::make_shared<ReportOptions>();
  doctor::Targets& targets = options->targets;
  auto* verb = line.verb("report", "How close it came, what was done, which goals were met",
                         [&line, options] { return number(report(line.global(), *options)); });
  add(verb, "--since", options->since, parse_since, "24h, 7d or a date (24h)", "TIME");
  verb->add_option("--journal", options->journal, "Read this journal and not the daemon's")
      ->type_name("PATH");
  verb->add_option("--html", options->html, "Write a page with plots")->type_name("FILE");
  add(verb, "--target-vram", targets.vram, parse_target_share, "At most (70)", "PERCENT");
  add(verb, "--target-ram", targets.ram, parse_bytes, "At most (4GiB)", "BYTES");
  add(verb, "--target-swap", targets.swap, parse_bytes, "At most (0)", "BYTES");
  add(verb, "--target-uptime", targets.uptime, parse_seconds, "At least (8h)", "TIME");
  add(verb, "--target-between-failures", targets.between_failures, parse_maybe_seconds, "At least",
      "TIME");
  add(verb, "--target-errors", targets.errors_per_hour, parse_rate, "CUDA errors an hour (0)", "N");
  add_json(verb, options->json);
}

}  // namespace spillway
