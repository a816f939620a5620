#include <memory>

#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/verbs.h"

namespace spillway {

void add_looks(CommandLine& line) {
  const auto shown = std::make_shared<StatusOptions>();
  auto* verb = line.verb("status", "How full every memory is, and what comes next",
                         [&line, shown] { return number(status(line.global(), *shown)); });
  verb->add_flag("-v,--verbose", shown->verbose, "Also what works here, and what was done");
  add_json(verb, shown->json);

  const auto listed = std::make_shared<PsOptions>();
  verb = line.verb("ps", "The tenants: what they hold, and what they can give",
                   [&line, listed] { return number(ps(line.global(), *listed)); });
  verb->add_flag("-a,--all", listed->all, "Also the biggest processes that are no tenants");
  add_json(verb, listed->json);

  const auto watched = std::make_shared<WatchOptions>();
  verb = line.verb("watch", "One line of figures, again and again",
                   [&line, watched] { return number(watch(line.global(), *watched)); });
  add(verb, "--interval", watched->interval, parse_interval, "Time between lines (10s)", "TIME");
  add(verb, "--count", watched->count, parse_positive, "Stop after so many lines", "N");
  auto* csv = verb->add_flag("--csv", watched->csv, "Print CSV");
  verb->add_flag("--json", watched->json, "Print a JSON object per line")->excludes(csv);
}

}  // namespace spillway
