#include <algorithm>
#include <cctype>
#include <memory>

#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/tune.h"

namespace spillway {
namespace {

using Part = ExitCode (*)(const Global&, const TuneOptions&);

/// "ollama" is "ollama.service", as systemctl reads it.
Result<std::string> parse_unit(std::string_view text) {
  const bool is_name = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view(":-_.\\@").find(c) != std::string_view::npos;  // systemd.unit(5)
  });
  if (text.empty() || !is_name || text.starts_with('.')) {
    return fail(Errc::invalid, "no name of a unit", std::string(text));
  }
  const bool has_type =
      text.ends_with(".service") || text.ends_with(".slice") || text.ends_with(".scope");
  return std::string(text) + (has_type ? "" : ".service");
}

Result<std::optional<Duration>> parse_span(std::string_view text) {
  auto span = parse_interval(text);
  if (!span) return tl::unexpected(span.error());
  return std::optional(*span);
}

class TuneParts {
 public:
  explicit TuneParts(CommandLine& line)
      : line_(line),
        family_(line.family("tune", "Change the system's settings, and take it back")) {}

  enum class Where { any_root, here };

  std::pair<CLI::App*, std::shared_ptr<TuneOptions>> add_part(const char* name, const char* help,
                                                              Part act,
                                                              Where where = Where::any_root) {
    const auto options = std::make_shared<TuneOptions>();
    CLI::App* part = line_.part(family_, name, help, [line = &line_, options, act] {
      return number(act(line->global(), *options));
    });
    if (where == Where::any_root) {
      part->add_option("--root", options->root, "Of an image mounted here, not of this machine")
          ->type_name("DIR");
    }
    return {part, options};
  }

 private:
  CommandLine& line_;
  CLI::App* family_;
};

void add_target(CLI::App* part, doctor::TuneTarget& target) {
  add(part, "--target-ram", target.ram, parse_amount, "Have at most so much RAM in use", "BYTES");
  add(part, "--target-vram", target.vram, parse_amount, "At most so much VRAM", "BYTES");
  add(part, "--target-swap", target.swap, parse_amount, "At most so much swap", "BYTES");
  add(part, "--target-available", target.available, parse_amount, "At least so much RAM left",
      "BYTES");
}

void add_choice(CLI::App* part, TuneOptions& options) {
  add_target(part, options.target);
  part->add_option_function<std::vector<std::string>>(
          "--unit",
          [&options](const std::vector<std::string>& names) {
            for (const std::string& name : names) {
              const auto unit = parse_unit(name);
              if (!unit) throw CLI::ValidationError(to_string(unit.error()));
              options.units.push_back(*unit);
            }
          },
          "Limit this systemd unit, too")
      ->type_name("UNIT")
      ->expected(1)
      ->take_all();
  part->add_option("--only", options.only, "Only these settings; * matches anything")
      ->type_name("KEY")
      ->expected(1)
      ->take_all();
  part->add_option("--skip", options.skip, "All but these settings")
      ->type_name("KEY")
      ->expected(1)
      ->take_all();
}

}  // namespace

void add_tuning(CommandLine& line) {
  TuneParts parts(line);
  const auto [recommend, recommended] =
      parts.add_part("recommend", "What to change here, and why", tune_recommend);
  add_choice(recommend, *recommended);
  auto* app =
      recommend->add_option("--app", recommended->app, "For a service's own JSON, TOML or YAML");
  app->type_name("FILE");
  add(recommend, "--used-ram", recommended->used_ram, parse_amount,
      "With --app: what it takes where it runs", "BYTES")
      ->needs(app);
  add(recommend, "--used-vram", recommended->used_vram, parse_amount, "The same of VRAM", "BYTES")
      ->needs(app);
  add_json(recommend, recommended->json);

  const auto [apply, applied] =
      parts.add_part("apply", "Change it, until it is confirmed or its time is over", tune_apply);
  add_choice(apply, *applied);
  apply->add_flag("-n,--dry-run", applied->dry_run, "Only print the writes");
  add(apply, "--confirm-within", applied->confirm_within, parse_interval,
      "Take it back after this time (60s)", "TIME");
  add_json(apply, applied->json);

  parts.add_part("confirm", "Keep what was applied", tune_confirm);

  const auto [rollback, rolled_back] =
      parts.add_part("rollback", "Take the latest application back", tune_rollback);
  rollback->add_flag("-a,--all", rolled_back->all, "Take all of them back");

  const auto [status, shown] =
      parts.add_part("status", "What is applied, and whether it is in force", tune_status);
  add_json(status, shown->json);

  const auto [verify, verified] =
      parts.add_part("verify", "Whether it is in force, and whether it helped", tune_verify);
  add_choice(verify, *verified);
  add(verify, "--for", verified->measure_for, parse_span, "Measure for so long (10s)", "TIME");
  verify->add_option("--journal", verified->journal, "Of the guard, instead of measuring")
      ->type_name("PATH");
  add(verify, "--confirm-within", verified->confirm_within, parse_interval,
      "With -- COMMAND: take it back after this time (60s)", "TIME");
  add_json(verify, verified->json);
  line.takes_command({.verb = verify, .into = &verified->command});

  const auto [drain, drained] =
      parts.add_part("drain-swap", "Bring back what lies in swap, if there is room for it",
                     tune_drain_swap, TuneParts::Where::here);
  add(drain, "--margin", drained->margin, parse_amount, "So much RAM stays available (1GiB)",
      "BYTES");
  add(drain, "--within", drained->within, parse_interval, "Stop after this time per device (10m)",
      "TIME");
  drain->add_flag("-n,--dry-run", drained->dry_run, "Only say what would be done");
  add_json(drain, drained->json);

  parts.add_part("drop-caches", "Drop the kernel's cache of files; rarely helps", tune_drop_caches,
                 TuneParts::Where::here);
}

}  // namespace spillway
