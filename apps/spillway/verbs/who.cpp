#include "render/who.h"

#include <algorithm>

#include "doctor/read/memory.h"
#include "doctor/read/processes.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

bool is_asked(const WhoOptions& options, PoolKind kind) {
  if (!options.vram && !options.ram && !options.swap) return true;
  return (options.vram && kind == PoolKind::vram) || (options.ram && kind == PoolKind::ram) ||
         (options.swap && kind == PoolKind::swap);
}

}  // namespace

ExitCode who(const Global& global, const WhoOptions& options) {
  const Console console(global);
  auto source = open_status(global, false);
  if (!source) return tell(console, source.error());
  const auto report = (*source)->look(false);
  if (!report) return tell(console, report.error());

  const SysRoot root;
  doctor::MachineState machine;
  machine.memory = doctor::read_memory(root);
  machine.zram = doctor::read_zram(root);
  machine.processes = doctor::read_processes(root);
  doctor::Holdings holdings = doctor::holdings_of(machine, *report);
  std::erase_if(holdings.accounts, [&](const doctor::Account& account) {
    return !is_asked(options, account.pool.kind());
  });
  if (holdings.accounts.empty()) {
    console.tell(Error{Errc::not_found,
                       "there is no such memory here",
                       {},
                       report->source == "direct" && options.vram ? no_daemon_hint(global) : ""});
    return ExitCode::failure;
  }
  doctor::sort_by_held(holdings);
  const bool found =
      options.pattern.empty() ||
      std::any_of(holdings.programs.begin(), holdings.programs.end(),
                  [&](const auto& holding) { return doctor::is_named(holding, options.pattern); });
  if (options.json) {
    console.print(who_document(holdings, options.pattern, *report));
  } else {
    console.print(who_lines(holdings, options.pattern, options.all, console.canvas()));
  }
  return console.finish(found ? ExitCode::ok : ExitCode::failure);
}

}  // namespace spillway
