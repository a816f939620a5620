#include <memory>

#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "plan/flags.h"
#include "verbs/verbs.h"

namespace spillway {

void add_planning(CommandLine& line) {
  const auto options = std::make_shared<PlanOptions>();
  PlanOptions& chosen = *options;
  auto* verb = line.verb("plan", "Whether models fit, and the least that makes them fit",
                         [&line, options] { return number(plan(line.global(), *options)); });
  verb->add_option("MODEL", chosen.models, "Files, folders, names, or stacks (*.toml)");
  add(verb, "--gpu", chosen.gpu, parse_number, "Use this GPU", "N");
  add(verb, "--vram", chosen.vram, parse_amount, "Plan for a card of this size", "BYTES");
  add(verb, "--ram", chosen.ram, parse_amount, "Plan for so much RAM", "BYTES");
  add(verb, "--reserve", chosen.reserve, parse_amount, "Keep so much of each GPU free", "BYTES");
  add(verb, "--threshold", chosen.threshold, parse_share, "Safe below this share (0.70)", "SHARE");
  add_use(verb, chosen.use);
  verb->add_option("--params", chosen.params, "No files: so many parameters, as 7B")
      ->type_name("N");
  verb->add_option("--dtype", chosen.dtype, "Of these parameters (fp16)")->type_name("TYPE");
  auto* calibrate =
      verb->add_flag("--calibrate", chosen.calibrate, "Learn from a run: MODEL -- COMMAND");
  verb->add_flag("--no-corrections", chosen.no_corrections, "Formulas only, nothing learned")
      ->excludes(calibrate);
  verb->add_flag("--explain", chosen.explain, "Show the sum, line by line");
  verb->add_option("--svg", chosen.svg, "Draw it over the context")->type_name("FILE");
  verb->add_option("--print-flags", chosen.print_flags, std::string(kFlagRuntimes))
      ->type_name("RUNTIME");
  verb->add_option("--headroom", chosen.headroom, "How far a process or tenant may grow")
      ->type_name("WHO");
  verb->add_option("--suggest", chosen.suggest, "The best stack: vad,stt,intent,tts,llm")
      ->type_name("KINDS");
  add(verb, "--max-latency", chosen.max_latency_ms, parse_latency, "Of what is suggested", "TIME");
  add(verb, "--min-accuracy", chosen.min_accuracy, parse_percentage, "Of what is suggested",
      "PERCENT");
  verb->add_flag("--offline", chosen.offline, "Suggest nothing that needs a network");
  add_json(verb, chosen.json);

  line.takes_command({.verb = verb, .into = &chosen.command});
  verb->parse_complete_callback([options] {
    if (options->calibrate && options->command.empty()) throw CLI::RequiredError("-- COMMAND");
    if (options->calibrate) return;
    // Nobody's command: models whose names begin with a dash.
    options->models.insert(options->models.end(), options->command.begin(), options->command.end());
  });
}

}  // namespace spillway
