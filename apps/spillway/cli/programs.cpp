#include <memory>

#include "base/version.h"
#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "demo/demo.h"
#include "demo/sizes.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

void add_run(CommandLine& line) {
  const auto options = std::make_shared<RunOptions>();
  auto* verb = line.verb("run", "Run a command as a tenant, in a cgroup of its own",
                         [&line, options] { return run(line.global(), *options); });
  // Only for --help: the command line keeps the words of the command.
  verb->add_option("COMMAND", options->command, "What to run, and its arguments, after --");
  verb->add_option("--name", options->name, "The tenant's name (the command's)")->type_name("NAME");
  verb->add_option("--priority", options->priority, "Higher keeps its memory longer (0)")
      ->type_name("N");
  verb->add_option("--status-file", options->status_file, "Where to write how it went, as JSON")
      ->type_name("FILE");
  FitOptions& fit = options->fit;
  verb->add_option("--fit", fit.model, "Tell it how to run this model so that it fits")
      ->type_name("MODEL");
  add(verb, "--gpu", fit.gpu, parse_number, "With --fit: on this GPU", "N");
  add(verb, "--reserve", fit.reserve, parse_amount, "Keep so much of a GPU free", "BYTES");
  add(verb, "--threshold", fit.threshold, parse_share, "Safe below this share (0.70)", "SHARE");
  add_use(verb, fit.use);
  verb->add_flag("-v,--verbose", options->verbose, "Say what could be promised and what not");
  line.takes_command({.verb = verb,
                      .begins = CommandLine::Command::Begins::at_first_word,
                      .into = &options->command,
                      .misused = ExitCode::run_failed});
  verb->parse_complete_callback([options] {
    if (options->command.empty()) throw CLI::RequiredError("COMMAND");
  });
}

void add_demo(CommandLine& line) {
  const auto options = std::make_shared<DemoOptions>();
  auto* verb = line.verb("demo", "Show the guard on real memory: without, then with it",
                         [options] { return number(demo(*options)); });
  verb->add_option("--scale", options->scale, "Smaller: 0.1 to 1 of the usual 2.25 GiB")
      ->check(CLI::Range(kSmallestScale, 1.0))
      ->type_name("FACTOR");
  verb->add_option("--record", options->record, "Keep a journal of it, for replay")
      ->type_name("FILE");
  add_json(verb, options->json);
}

/// Its options are the program's own, --help too.
void add_gateway(CommandLine& line) {
  const auto options = std::make_shared<std::vector<std::string>>();
  auto* verb = line.verb("gateway", "Stand before a model server: no chat outgrows it",
                         [options] { return gateway(*options); });
  line.takes_command(
      {.verb = verb, .begins = CommandLine::Command::Begins::at_once, .into = options.get()});
}

}  // namespace

void add_programs(CommandLine& line) {
  add_run(line);
  add_gateway(line);
  add_demo(line);
  line.verb("version", "Print the version", [&line] {
    const Console console(line.global());
    console.print("spillway " + std::string(kVersion));
    return number(console.finish(ExitCode::ok));
  });
}

}  // namespace spillway
