#include <memory>

#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "fit/choose/use_options.h"
#include "verbs/verbs.h"

namespace spillway {

void add_contexts(CommandLine& line) {
  CLI::App* family = line.family("context", "Conversations that fit the model's context");
  const auto add_part = [&](const std::string& name, const std::string& help,
                            ExitCode (*act)(const Global&, const ContextOptions&)) {
    const auto options = std::make_shared<ContextOptions>();
    CLI::App* part = line.part(
        family, name, help, [&line, options, act] { return number(act(line.global(), *options)); });
    const auto budget = [options](const std::string& text) {
      const auto tokens = parse_positive(text);
      if (!tokens) throw CLI::ValidationError(to_string(tokens.error()));
      options->budgets.push_back(*tokens);
    };
    part->add_option_function<std::string>("--budget", budget, "Prompt and answer, in tokens")
        ->type_name("TOKENS")
        ->trigger_on_parse();
    part->add_option("--policy", options->policy, "What goes first, in TOML")->type_name("FILE");
    part->add_option("--count", options->count, "bytes, or server URL (bytes)")
        ->type_name("HOW")
        ->expected(1, 2);
    part->add_option("--model", options->model, "The budget: what it takes at most in --vram")
        ->type_name("PATH");
    add(part, "--vram", options->vram, parse_amount, "Free VRAM before the model", "BYTES");
    add(part, "--threshold", options->threshold, parse_share, "Of it (0.90)", "SHARE");
    const auto attention = [options](const std::string& text) {
      const Status known = fit::set_use(options->use, "attention", text);
      if (!known) throw CLI::ValidationError(to_string(known.error()));
    };
    part->add_option_function<std::string>("--attention", attention, "flash or eager (flash)")
        ->type_name("KIND");
    add_json(part, options->json);
    return std::pair(part, options);
  };
  add_part("trim", "Make a conversation fit: standard input to output", context_trim);
  const auto [replay, options] =
      add_part("replay", "What trim would have done in runs of agents", context_replay);
  replay->add_option("LOG", options->log, "Runs in OpenAI's chat format; - is standard input")
      ->required();
  replay->add_option("--svg", options->svg, "Draw the longest run")->type_name("FILE");
}

}  // namespace spillway
