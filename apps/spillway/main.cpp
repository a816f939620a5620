#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "base/clock.h"
#include "base/text.h"
#include "base/version.h"
#include "demo/demo.h"
#include "demo/sizes.h"
#include "fit/choose/use_options.h"
#include "plan/flags.h"
#include "verbs/verbs.h"

// The command line and nothing else: what each verb does is in verbs/.

namespace spillway {
namespace {

int number(ExitCode code) { return static_cast<int>(code); }

/// The help without what CLI11 adds to each option about the others.
class Help final : public CLI::Formatter {
 public:
  Help() { column_width(26); }
  std::string make_option_opts(const CLI::Option* option) const override {
    const bool has_value = !option->get_positional() && option->get_items_expected_max() > 0;
    return has_value ? " " + option->get_type_name() : std::string();
  }
  std::string make_usage(const CLI::App* app, std::string) const override {
    std::string usage = "Usage: spillway";
    if (app->get_parent() == nullptr) return usage + " VERB [OPTIONS]\n";
    for (const CLI::App* above = app->get_parent(); above->get_parent() != nullptr;
         above = above->get_parent()) {
      usage += " " + above->get_name();
    }
    usage += " " + app->get_name();
    if (!app->get_subcommands(nullptr).empty()) return usage + " VERB\n";
    usage += " [OPTIONS]";
    for (const CLI::Option* option : app->get_options(nullptr)) {
      if (!option->get_positional()) continue;
      const std::string word = option->get_name();
      const bool many = option->get_items_expected_max() > 1;
      const std::string words = word + (many ? "..." : "");
      usage += option->get_required() ? " " + words : " [" + words + "]";
    }
    return usage + "\n";
  }
};

/// Converts with one of base's parsers; its error becomes CLI11's.
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

Result<std::optional<Bytes>> parse_amount(std::string_view text) {
  auto bytes = parse_bytes(text);
  if (!bytes) return tl::unexpected(bytes.error());
  return std::optional(*bytes);
}

Result<std::uint64_t> parse_count(std::string_view text) {
  const auto count = parse_u64(text);
  if (!count || *count == 0) return fail(Errc::invalid, "not a count from 1", std::string(text));
  return *count;
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

/// "400ms", "1s".
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

Result<std::optional<std::uint64_t>> parse_number(std::string_view text) {
  const auto number = parse_u64(text);
  if (number) return number;
  return fail(Errc::invalid, "no number", std::string(text));
}

/// Everything that can be said on the command line, and what is to be done about it.
class CommandLine {
 public:
  CommandLine() : app_("Gives memory back before anything crashes.", "spillway") {
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.formatter(std::make_shared<Help>());
    app_.get_formatter()->label("Positionals", "Arguments");
    app_.set_version_flag("--version", std::string(kVersion), "Print the version");
    app_.add_option("--socket", global_.socket, "The daemon's socket")->type_name("PATH");
    app_.add_flag("--no-color", global_.no_color, "No colors, as with NO_COLOR");
    looks();
    requests();
    records();
    settings();
    planning();
    programs();
    demonstration();
    app_.footer(exit_code_table());  // last: verbs inherit what is set before them
  }

  int parse(std::vector<std::string> arguments) {
    const bool is_run = cut_off_command(arguments);
    std::reverse(arguments.begin(), arguments.end());  // what CLI11 wants of a vector
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::Success& done) {
      return app_.exit(done);
    } catch (const CLI::ParseError& error) {
      std::fprintf(stderr, "spillway: %s\n  spillway %s--help says what there is\n", error.what(),
                   verb().c_str());
      return number(is_run ? ExitCode::run_failed : ExitCode::usage);
    }
    if (chosen_) return chosen_();
    const auto verbs = app_.get_subcommands();
    std::fputs((verbs.empty() ? app_.help() : verbs.front()->help()).c_str(), stderr);
    return number(ExitCode::usage);
  }

 private:
  CLI::App* add_verb(const std::string& name, const std::string& help, std::function<int()> act) {
    CLI::App* verb = app_.add_subcommand(name, help)->group("Verbs");
    verb->callback([this, act = std::move(act)] { chosen_ = act; });
    return verb;
  }

  static void add_json(CLI::App* verb, bool& json) {
    verb->add_flag("--json", json, "Print JSON (docs/json.md)");
  }

  static void add_use(CLI::App* verb, fit::Use& use) {
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

  void looks() {
    auto* verb = add_verb("status", "How full every memory is, and what comes next",
                          [this] { return number(status(global_, status_)); });
    verb->add_flag("-v,--verbose", status_.verbose, "Also what works here, and what was done");
    add_json(verb, status_.json);

    verb = add_verb("ps", "The tenants: what they hold, and what they can give",
                    [this] { return number(ps(global_, ps_)); });
    verb->add_flag("-a,--all", ps_.all, "Also the biggest processes that are no tenants");
    add_json(verb, ps_.json);

    verb = add_verb("watch", "One line of figures, again and again",
                    [this] { return number(watch(global_, watch_)); });
    add(verb, "--interval", watch_.interval, parse_interval, "Time between lines (10s)", "TIME");
    add(verb, "--count", watch_.count, parse_count, "Stop after so many lines", "N");
    auto* csv = verb->add_flag("--csv", watch_.csv, "Print CSV");
    verb->add_flag("--json", watch_.json, "Print a JSON object per line")->excludes(csv);
  }

  void requests() {
    for (const char* name : {"offload", "restore"}) {
      const bool away = std::string_view(name) == "offload";
      auto* verb = add_verb(name,
                            away ? "Move a tenant out of the memory that is short"
                                 : "Move a tenant back to where it was",
                            [this, name] {
                              move_.verb = name;
                              return number(move(global_, move_));
                            });
      verb->add_option("TENANT", move_.tenant, "Its name, as ps shows it")->required();
      verb->add_flag("-n,--dry-run", move_.dry_run, "Only show what would be done");
      add(verb, "--within", move_.within, parse_duration, "Give up after this time (60s)", "TIME");
      add_json(verb, move_.json);
    }

    auto* verb = add_verb("free", "Give memory back now, by the cheapest measures first",
                          [this] { return number(free_memory(global_, free_)); });
    auto* ram = add(verb, "--ram", free_.ram, parse_amount, "So much RAM", "BYTES");
    auto* vram =
        add(verb, "--vram", free_.vram, parse_amount, "So much VRAM", "BYTES")->excludes(ram);
    auto* pool = verb->add_option("--pool", free_.pool, "Of this pool, as status --json names it")
                     ->type_name("POOL")
                     ->excludes(ram)
                     ->excludes(vram);
    auto* bytes = add(verb, "--bytes", free_.bytes, parse_amount, "So much of --pool", "BYTES");
    bytes->needs(pool);
    pool->needs(bytes);
    verb->add_flag("-n,--dry-run", free_.dry_run, "Only show what would be done");
    add(verb, "--within", free_.within, parse_duration, "Give up after this time (60s)", "TIME");
    add_json(verb, free_.json);

    for (const char* name : {"pin", "unpin"}) {
      const bool pinned = std::string_view(name) == "pin";
      verb = add_verb(name, pinned ? "Take nothing from a tenant" : "Undo pin",
                      [this, pinned] { return number(pin(global_, pinned_, pinned)); });
      verb->add_option("TENANT", pinned_, "Its name, as ps shows it")->required();
    }
  }

  void records() {
    auto* verb = add_verb("why", "Explain in sentences what was done, and what was not",
                          [this] { return number(why(global_, why_)); });
    verb->add_option("SUBJECT", why_.subject, "A tenant, a process id or an event's number");
    verb->add_option("--journal", why_.journal, "Read this journal instead of asking the daemon")
        ->type_name("PATH");
    add_json(verb, why_.json);

    verb = add_verb("explain", "Say from logs what ran out, who held it and why",
                    [this] { return number(explain_logs(global_, explain_)); });
    verb->add_option("FILE", explain_.files, "A log of any kind, gzip too; - is standard input");
    verb->add_flag("--boot", explain_.boot, "The kernel's log of this boot");
    verb->add_flag("--last", explain_.last, "The latest event in it and in the guard's journal");
    verb->add_option("--html", explain_.html, "Write a page with the timeline")->type_name("FILE");
    add_json(verb, explain_.json);

    verb = add_verb("replay", "Run today's decisions over a journal",
                    [this] { return number(replay(global_, replay_)); });
    verb->add_option("JOURNAL", replay_.journal, "A journal file or directory")->required();
    add_json(verb, replay_.json);
  }

  void demonstration() {
    auto* verb = add_verb("demo", "Show the guard on real memory: without, then with it",
                          [this] { return number(demo(demo_)); });
    verb->add_option("--scale", demo_.scale, "Smaller: 0.1 to 1 of the usual 2.25 GiB")
        ->check(CLI::Range(kSmallestScale, 1.0))
        ->type_name("FACTOR");
    verb->add_option("--record", demo_.record, "Keep a journal of it, for replay")
        ->type_name("FILE");
    add_json(verb, demo_.json);
  }

  void settings() {
    CLI::App* verb = app_.add_subcommand("config", "The configuration")->group("Verbs");
    verb->require_subcommand(0, 1);
    const auto add_part = [&](const std::string& name, const std::string& help) {
      CLI::App* part = verb->add_subcommand(name, help)->group("Verbs");
      part->callback([this, name] {
        config_.verb = name;
        chosen_ = [this] { return number(config(global_, config_)); };
      });
      return part;
    };
    for (CLI::App* part : {add_part("show", "The values in force, and where each comes from"),
                           add_part("check", "Check files; without any, those in force")}) {
      if (part->get_name() == "check") part->add_option("FILE", config_.files, "A file to check");
      auto* user = part->add_flag("--user", config_.user, "As a user's own daemon reads it");
      part->add_flag("--system", config_.system, "As the system's daemon reads it")->excludes(user);
      add_json(part, config_.json);
    }
    add_part("default", "Print the commented default");
  }

  void planning() {
    auto* verb = add_verb("plan", "Whether models fit, and the least that makes them fit",
                          [this] { return number(plan(global_, plan_)); });
    verb->add_option("MODEL", plan_.models, "Files, folders, names, or stacks (*.toml)");
    add(verb, "--gpu", plan_.gpu, parse_number, "Use this GPU", "N");
    add(verb, "--vram", plan_.vram, parse_amount, "Plan for a card of this size", "BYTES");
    add(verb, "--ram", plan_.ram, parse_amount, "Plan for so much RAM", "BYTES");
    add(verb, "--reserve", plan_.reserve, parse_amount, "Keep so much of each GPU free", "BYTES");
    add(verb, "--threshold", plan_.threshold, parse_share, "Safe below this share (0.70)", "SHARE");
    add_use(verb, plan_.use);
    verb->add_option("--params", plan_.params, "No files: so many parameters, as 7B")
        ->type_name("N");
    verb->add_option("--dtype", plan_.dtype, "Of these parameters (fp16)")->type_name("TYPE");
    auto* calibrate =
        verb->add_flag("--calibrate", plan_.calibrate, "Learn from a run: MODEL -- COMMAND");
    verb->add_flag("--no-corrections", plan_.no_corrections, "Formulas only, nothing learned")
        ->excludes(calibrate);
    verb->parse_complete_callback([this] {
      if (plan_.calibrate && plan_.command.empty()) throw CLI::RequiredError("-- COMMAND");
    });
    verb->add_flag("--explain", plan_.explain, "Show the sum, line by line");
    verb->add_option("--svg", plan_.svg, "Draw it over the context")->type_name("FILE");
    verb->add_option("--print-flags", plan_.print_flags, std::string(kFlagRuntimes))
        ->type_name("RUNTIME");
    verb->add_option("--headroom", plan_.headroom, "How far a process or tenant may grow")
        ->type_name("WHO");
    verb->add_option("--suggest", plan_.suggest, "The best stack: vad,stt,intent,tts,llm")
        ->type_name("KINDS");
    add(verb, "--max-latency", plan_.max_latency_ms, parse_latency, "Of what is suggested", "TIME");
    add(verb, "--min-accuracy", plan_.min_accuracy, parse_percentage, "Of what is suggested",
        "PERCENT");
    verb->add_flag("--offline", plan_.offline, "Suggest nothing that needs a network");
    add_json(verb, plan_.json);
  }

  void programs() {
    run_verb_ = add_verb("run", "Run a command as a tenant, in a cgroup of its own",
                         [this] { return run(global_, run_); });
    // Only for --help: cut_off_command() has taken the words.
    run_verb_->add_option("COMMAND", never_parsed_, "What to run, and its arguments, after --");
    run_verb_->add_option("--name", run_.name, "The tenant's name (the command's)")
        ->type_name("NAME");
    run_verb_->add_option("--priority", run_.priority, "Higher keeps its memory longer (0)")
        ->type_name("N");
    run_verb_->add_option("--status-file", run_.status_file, "Where to write how it went, as JSON")
        ->type_name("FILE");
    run_verb_->add_option("--fit", run_.fit.model, "Tell it how to run this model so that it fits")
        ->type_name("MODEL");
    add(run_verb_, "--gpu", run_.fit.gpu, parse_number, "With --fit: on this GPU", "N");
    add(run_verb_, "--reserve", run_.fit.reserve, parse_amount, "Keep so much of a GPU free",
        "BYTES");
    add(run_verb_, "--threshold", run_.fit.threshold, parse_share, "Safe below this share (0.70)",
        "SHARE");
    add_use(run_verb_, run_.fit.use);
    run_verb_->add_flag("-v,--verbose", run_.verbose, "Say what could be promised and what not");
    run_verb_->parse_complete_callback([this] {
      if (run_.command.empty()) throw CLI::RequiredError("COMMAND");
    });

    add_verb("version", "Print the version", [this] {
      const Console console(global_);
      console.print("spillway " + std::string(kVersion));
      return number(console.finish(ExitCode::ok));
    });
  }

  /// Takes the words of `run`'s command out, and of `plan --calibrate`'s: they are not ours to read.
  /// True for `run`.
  bool cut_off_command(std::vector<std::string>& arguments) {
    CLI::App* app = &app_;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& word = arguments[i];
      const bool is_option = word.size() > 1 && word[0] == '-' && word != "--";
      if (is_option) {
        if (word.find('=') == std::string::npos && takes_value(app, word)) ++i;
        continue;
      }
      if (app == &app_) {
        if (word == "plan") cut_off_calibrated(arguments);
        if (word != "run") return false;
        app = run_verb_;
        continue;
      }
      const auto begin = arguments.begin() + static_cast<std::ptrdiff_t>(i);
      run_.command.assign(word == "--" ? begin + 1 : begin, arguments.end());
      arguments.erase(begin, arguments.end());
      return true;
    }
    return app == run_verb_;
  }

  void cut_off_calibrated(std::vector<std::string>& arguments) {
    const auto end = std::find(arguments.begin(), arguments.end(), "--");
    if (end == arguments.end() || std::find(arguments.begin(), end, "--calibrate") == end) return;
    plan_.command.assign(end + 1, arguments.end());
    arguments.erase(end, arguments.end());
  }

  bool takes_value(CLI::App* app, const std::string& word) const {
    for (const CLI::App* asked : {static_cast<const CLI::App*>(app), &app_}) {
      const CLI::Option* option = asked->get_option_no_throw(word);
      if (option != nullptr) return option->get_items_expected_max() > 0;
    }
    return false;
  }

  /// "status " after `spillway status ...`, for hints.
  std::string verb() const {
    const auto verbs = app_.get_subcommands();
    return verbs.empty() ? std::string() : verbs.front()->get_name() + " ";
  }

  CLI::App app_;
  CLI::App* run_verb_ = nullptr;
  std::function<int()> chosen_;
  Global global_;
  StatusOptions status_;
  PsOptions ps_;
  WatchOptions watch_;
  MoveOptions move_;
  FreeOptions free_;
  std::string pinned_;
  WhyOptions why_;
  ExplainOptions explain_;
  ReplayOptions replay_;
  DemoOptions demo_;
  ConfigOptions config_;
  PlanOptions plan_;
  RunOptions run_;
  std::vector<std::string> never_parsed_;
};

}  // namespace
}  // namespace spillway

int main(int argc, char** argv) {
  try {
    return spillway::CommandLine().parse({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spillway: %s\n", error.what());
    return spillway::number(spillway::ExitCode::failure);
  }
}
