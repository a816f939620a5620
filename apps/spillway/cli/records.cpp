#include <memory>

#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/verbs.h"

namespace spillway {

void add_records(CommandLine& line) {
  const auto asked = std::make_shared<WhyOptions>();
  auto* verb = line.verb("why", "Explain in sentences what was done, and what was not",
                         [&line, asked] { return number(why(line.global(), *asked)); });
  verb->add_option("SUBJECT", asked->subject, "A tenant, a process id or an event's number");
  verb->add_option("--journal", asked->journal, "Read this journal instead of asking the daemon")
      ->type_name("PATH");
  add_json(verb, asked->json);

  const auto logs = std::make_shared<ExplainOptions>();
  verb = line.verb("explain", "Say from logs what ran out, who held it and why",
                   [&line, logs] { return number(explain_logs(line.global(), *logs)); });
  verb->add_option("FILE", logs->files, "A log of any kind, gzip too; - is standard input");
  verb->add_flag("--boot", logs->boot, "The kernel's log of this boot");
  verb->add_flag("--last", logs->last, "The latest event in it and in the guard's journal");
  verb->add_option("--html", logs->html, "Write a page with the timeline")->type_name("FILE");
  add_json(verb, logs->json);

  const auto again = std::make_shared<ReplayOptions>();
  verb = line.verb("replay", "Run today's decisions over a journal",
                   [&line, again] { return number(replay(line.global(), *again)); });
  verb->add_option("JOURNAL", again->journal, "A journal file or directory")->required();
  add_json(verb, again->json);
}

}  // namespace spillway
