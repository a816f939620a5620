// spillway.toml: whatever it says, what is loaded is printed as TOML that says the same.

#include "config/load.h"
#include "config/reader.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

LoadedConfig loaded(std::string_view text, bool is_system) {
  ConfigEntries entries;
  std::vector<ConfigProblem> problems;
  entries.parse(text, {"spillway.toml", is_system}, problems);
  LoadedConfig out = ConfigReader(entries).read();
  out.problems.insert(out.problems.begin(), problems.begin(), problems.end());
  return out;
}

void config(std::string_view text) {
  const bool is_system = (take_choice(text) & 1) == 0;
  const LoadedConfig first = loaded(text, is_system);
  for (const ConfigProblem& problem : first.problems) must(!to_string(problem).empty());
  if (!first.usable()) return;

  const LoadedConfig second = loaded(config_show(first), true);
  must(second.usable());
  must(first.values.size() == second.values.size());
  for (std::size_t i = 0; i < first.values.size(); ++i) {
    must(first.values[i].key == second.values[i].key);
    must(first.values[i].value == second.values[i].value);
  }
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::config)
