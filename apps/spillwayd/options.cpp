#include "options.h"

#include <array>
#include <string_view>

namespace spillway {

const char* const kDaemonHelp =
    R"(usage: spillwayd [OPTIONS]

Watches memory and gives it back before anything crashes. Stays in the foreground; ends on SIGTERM
and SIGINT, reads its configuration again on SIGHUP.

  --system           guard the machine (what root gets by default)
  --user             guard what this user runs (what everybody else gets)
  --socket PATH      control socket, instead of SPILLWAY_SOCKET or the mode's
  --config FILE      read this file only, instead of all spillway.toml there are
  --journal DIR      keep the journal there
  --record FILE      write everything seen and done to FILE, for spillway replay
  --dry-run          decide as always, act never
  --check            show what works on this machine, and exit
  --foreground       accepted: there is no other way
  --version, --help

See spillwayd(8) and spillway.toml(5).
)";

namespace {

struct Flag {
  std::string_view name;
  void (*set)(CommandLine&);
};
constexpr std::array kFlags{
    Flag{"--system", [](CommandLine& line) { line.options.user_mode = false; }},
    Flag{"--user", [](CommandLine& line) { line.options.user_mode = true; }},
    Flag{"--dry-run", [](CommandLine& line) { line.options.dry_run = true; }},
    Flag{"--check", [](CommandLine& line) { line.options.check = true; }},
    Flag{"--foreground", [](CommandLine&) {}},
    Flag{"--help", [](CommandLine& line) { line.instead = Instead::help; }},
    Flag{"-h", [](CommandLine& line) { line.instead = Instead::help; }},
    Flag{"--version", [](CommandLine& line) { line.instead = Instead::version; }},
};

struct Setting {
  std::string_view name;
  std::string DaemonOptions::*into;
};
constexpr std::array kSettings{
    Setting{"--socket", &DaemonOptions::socket},
    Setting{"--config", &DaemonOptions::config},
    Setting{"--record", &DaemonOptions::record},
    Setting{"--journal", &DaemonOptions::journal},
};

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments, bool root) {
  CommandLine line;
  line.options.user_mode = !root;
  const auto set_flag = [&](std::string_view name) {
    for (const Flag& flag : kFlags) {
      if (flag.name != name) continue;
      flag.set(line);
      return true;
    }
    return false;
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (set_flag(argument)) continue;
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    std::string DaemonOptions::*into = nullptr;
    for (const Setting& setting : kSettings) {
      if (setting.name == name) into = setting.into;
    }
    if (into == nullptr) {
      return fail(Errc::invalid, "unknown argument", std::string(argument),
                  "spillwayd --help lists them");
    }
    std::string& value = line.options.*into;
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (value.empty()) return fail(Errc::invalid, "needs a value", std::string(name));
  }
  return line;
}

}  // namespace spillway
