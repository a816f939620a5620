#include <memory>

#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/verbs.h"

namespace spillway {

void add_settings(CommandLine& line) {
  CLI::App* family = line.family("config", "The configuration");
  const auto add_part = [&](const std::string& name, const std::string& help) {
    const auto options = std::make_shared<ConfigOptions>();
    options->verb = name;
    CLI::App* part = line.part(
        family, name, help, [&line, options] { return number(config(line.global(), *options)); });
    return std::pair(part, options);
  };
  const auto show = add_part("show", "The values in force, and where each comes from");
  const auto check = add_part("check", "Check files; without any, those in force");
  check.first->add_option("FILE", check.second->files, "A file to check");
  for (const auto& [part, options] : {show, check}) {
    auto* user = part->add_flag("--user", options->user, "As a user's own daemon reads it");
    part->add_flag("--system", options->system, "As the system's daemon reads it")->excludes(user);
    add_json(part, options->json);
  }
  add_part("default", "Print the commented default");
}

}  // namespace spillway
