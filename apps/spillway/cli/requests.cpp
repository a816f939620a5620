#include <memory>

#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/groups.h"
#include "cli/parsers.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

void add_move(CommandLine& line, const std::string& name, const std::string& help) {
  const auto options = std::make_shared<MoveOptions>();
  options->verb = name;
  auto* verb =
      line.verb(name, help, [&line, options] { return number(move(line.global(), *options)); });
  verb->add_option("TENANT", options->tenant, "Its name, as ps shows it")->required();
  verb->add_flag("-n,--dry-run", options->dry_run, "Only show what would be done");
  add(verb, "--within", options->within, parse_duration, "Give up after this time (60s)", "TIME");
  add_json(verb, options->json);
}

void add_free(CommandLine& line) {
  const auto options = std::make_shared<FreeOptions>();
  auto* verb = line.verb("free", "Give memory back now, by the cheapest measures first",
                         [&line, options] { return number(free_memory(line.global(), *options)); });
  auto* ram = add(verb, "--ram", options->ram, parse_amount, "So much RAM", "BYTES");
  auto* vram =
      add(verb, "--vram", options->vram, parse_amount, "So much VRAM", "BYTES")->excludes(ram);
  auto* pool = verb->add_option("--pool", options->pool, "Of this pool, as status --json names it")
                   ->type_name("POOL")
                   ->excludes(ram)
                   ->excludes(vram);
  auto* bytes = add(verb, "--bytes", options->bytes, parse_amount, "So much of --pool", "BYTES");
  bytes->needs(pool);
  pool->needs(bytes);
  verb->add_flag("-n,--dry-run", options->dry_run, "Only show what would be done");
  add(verb, "--within", options->within, parse_duration, "Give up after this time (60s)", "TIME");
  add_json(verb, options->json);
}

void add_pin(CommandLine& line, const std::string& name, const std::string& help, bool pinned) {
  const auto tenant = std::make_shared<std::string>();
  auto* verb = line.verb(
      name, help, [&line, tenant, pinned] { return number(pin(line.global(), *tenant, pinned)); });
  verb->add_option("TENANT", *tenant, "Its name, as ps shows it")->required();
}

}  // namespace

void add_requests(CommandLine& line) {
  add_move(line, "offload", "Move a tenant out of the memory that is short");
  add_move(line, "restore", "Move a tenant back to where it was");
  add_free(line);
  add_pin(line, "pin", "Take nothing from a tenant", true);
  add_pin(line, "unpin", "Undo pin", false);
}

}  // namespace spillway
