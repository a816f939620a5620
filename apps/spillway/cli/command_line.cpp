#include "cli/command_line.h"

#include <algorithm>
#include <cstdio>

#include "base/version.h"
#include "cli/groups.h"
#include "cli/help.h"

namespace spillway {

CommandLine::CommandLine() : app_("Gives memory back before anything crashes.", "spillway") {
  app_.require_subcommand(0, 1);
  app_.fallthrough();
  app_.formatter(std::make_shared<Help>());
  app_.get_formatter()->label("Positionals", "Arguments");
  app_.set_version_flag("--version", std::string(kVersion), "Print the version");
  app_.add_option("--socket", global_.socket, "The daemon's socket")->type_name("PATH");
  app_.add_flag("--no-color", global_.no_color, "No colors, as with NO_COLOR");
  for (const auto add : kGroups) add(*this);
  app_.footer(exit_code_table());  // last: verbs inherit what is set before them
}

CLI::App* CommandLine::verb(const std::string& name, const std::string& help,
                            std::function<int()> act) {
  CLI::App* verb = app_.add_subcommand(name, help)->group("Verbs");
  verb->callback([this, act = std::move(act)] { chosen_ = act; });
  return verb;
}

CLI::App* CommandLine::family(const std::string& name, const std::string& help) {
  return app_.add_subcommand(name, help)->group("Verbs")->require_subcommand(0, 1);
}

CLI::App* CommandLine::part(CLI::App* family, const std::string& name, const std::string& help,
                            std::function<int()> act) {
  CLI::App* part = family->add_subcommand(name, help)->group("Verbs");
  part->callback([this, act = std::move(act)] { chosen_ = act; });
  return part;
}

void CommandLine::takes_command(Command command) { commands_.push_back(command); }

int CommandLine::parse(std::vector<std::string> arguments) {
  const Command* command = cut_off_command(arguments);
  std::reverse(arguments.begin(), arguments.end());  // what CLI11 wants of a vector
  try {
    app_.parse(std::move(arguments));
  } catch (const CLI::Success& done) {
    return app_.exit(done);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "spillway: %s\n  spillway %s--help says what there is\n", error.what(),
                 chosen_verb().c_str());
    return number(command != nullptr ? command->misused : ExitCode::usage);
  }
  if (chosen_) return chosen_();
  const auto verbs = app_.get_subcommands();
  std::fputs((verbs.empty() ? app_.help() : verbs.front()->help()).c_str(), stderr);
  return number(ExitCode::usage);
}

/// Of the verb that is called, if it takes a command.
const CommandLine::Command* CommandLine::cut_off_command(std::vector<std::string>& arguments) {
  CLI::App* verb = &app_;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    const Command* command = command_of(verb);
    const bool at_once = command != nullptr && command->begins == Command::Begins::at_once;
    const bool is_dashes = *word == "--";
    const bool is_option = word->size() > 1 && word->front() == '-' && !is_dashes;
    if (is_option && !at_once) {
      const bool value_apart = word->find('=') == std::string::npos && takes_value(verb, *word);
      if (value_apart && word + 1 != arguments.end()) ++word;
      continue;
    }
    if (command != nullptr &&
        (at_once || is_dashes || command->begins == Command::Begins::at_first_word)) {
      command->into->assign(is_dashes ? word + 1 : word, arguments.end());
      arguments.erase(word, arguments.end());
      return command;
    }
    const auto below =
        verb->get_subcommands([&](const CLI::App* app) { return app->get_name() == *word; });
    if (!below.empty()) verb = below.front();
  }
  return command_of(verb);
}

const CommandLine::Command* CommandLine::command_of(const CLI::App* verb) const {
  const auto found = std::find_if(commands_.begin(), commands_.end(),
                                  [&](const Command& command) { return command.verb == verb; });
  return found == commands_.end() ? nullptr : &*found;
}

bool CommandLine::takes_value(CLI::App* verb, const std::string& word) const {
  for (const CLI::App* asked : {static_cast<const CLI::App*>(verb), &app_}) {
    const CLI::Option* option = asked->get_option_no_throw(word);
    if (option != nullptr) return option->get_items_expected_max() > 0;
  }
  return false;
}

/// "status " after `spillway status ...`, for hints.
std::string CommandLine::chosen_verb() const {
  const auto verbs = app_.get_subcommands();
  return verbs.empty() ? std::string() : verbs.front()->get_name() + " ";
}

}  // namespace spillway
