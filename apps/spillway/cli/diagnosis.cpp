#include <memory>

#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/verbs.h"

namespace spillway {

void add_diagnosis(CommandLine& line) {
  const auto asked = std::make_shared<DoctorOptions>();
  auto* verb = line.verb("doctor", "What is wrong with the memory here, and what to do",
                         [&line, asked] { return number(doctor_verb(line.global(), *asked)); });
  add_json(verb, asked->json);

  const auto start = std::make_shared<CheckOptions>();
  verb = line.verb("check", "Whether the machine is ready to start models",
                   [&line, start] { return number(check(line.global(), *start)); });
  verb->add_option("STACK", start->models, "What is to be started: as plan takes it");
  auto* fix = verb->add_flag("--fix", start->fix, "Make room first, by the ladder");
  add_json(verb, start->json);
  fix->excludes(verb->get_option("--json"));

  const auto held = std::make_shared<WhoOptions>();
  verb = line.verb("who", "Who holds the memory: programs, containers, units",
                   [&line, held] { return number(who(line.global(), *held)); });
  verb->add_option("PATTERN", held->pattern, "Only what is called so: a part of a name, or a pid");
  verb->add_flag("--vram", held->vram, "Only VRAM");
  verb->add_flag("--ram", held->ram, "Only RAM");
  verb->add_flag("--swap", held->swap, "Only swap");
  verb->add_flag("-a,--all", held->all, "Also the small ones");
  add_json(verb, held->json);
}

}  // namespace spillway
