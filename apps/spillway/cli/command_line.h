#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "console.h"

namespace spillway {

/// What can be said on the command line. The groups of verbs (groups.h) fill it; it parses, and calls
/// what was chosen. Main thread.
class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  const Global& global() const { return global_; }

  /// `act` returns the program's exit code.
  CLI::App* verb(const std::string& name, const std::string& help, std::function<int()> act);
  /// A verb that only has parts, as `config`.
  CLI::App* family(const std::string& name, const std::string& help);
  CLI::App* part(CLI::App* family, const std::string& name, const std::string& help,
                 std::function<int()> act);

  /// Words of a command that is run for the user are not ours to read: they are kept from the parser.
  struct Command {
    CLI::App* verb = nullptr;
    enum class Begins { at_once, at_first_word, after_dashes } begins = Begins::after_dashes;
    std::vector<std::string>* into = nullptr;  // must outlive the command line
    ExitCode misused = ExitCode::usage;        // what a wrong command line exits with
  };
  void takes_command(Command command);

  /// The exit code. `arguments` are those after the program's name.
  int parse(std::vector<std::string> arguments);

 private:
  const Command* cut_off_command(std::vector<std::string>& arguments);
  const Command* command_of(const CLI::App* verb) const;
  bool takes_value(CLI::App* verb, const std::string& word) const;
  std::string chosen_verb() const;

  CLI::App app_;
  std::function<int()> chosen_;
  std::vector<Command> commands_;
  Global global_;
};

}  // namespace spillway
