#include "render/demand.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

constexpr Duration kAnswerMargin = 5s;  // the daemon keeps the time itself; we wait a little longer

struct Request {
  std::string method;
  nlohmann::json params;
  Duration within;
  bool dry_run = false, json = false;
};

ExitCode ask(const Global& global, Request request) {
  const Console console(global);
  auto session = Session::open(global);
  if (!session) return tell(console, session.error());
  const SystemClock clock;
  const TimePoint deadline = clock.now() + request.within;
  request.params["within_ms"] =
      std::chrono::duration_cast<std::chrono::milliseconds>(request.within).count();
  request.params["dry_run"] = request.dry_run;
  const auto result =
      session->call(request.method, request.params.dump(), request.within + kAnswerMargin);
  if (!result) return tell(console, result.error());
  const auto answer = demand_answer_of(*result, request.dry_run);
  if (!answer) return tell(console, {ExitCode::failure, answer.error()});
  if (request.json) {
    console.print(demand_document(*answer));
  } else {
    console.print(demand_lines(*answer, console.canvas()));
  }
  const bool late = !answer->met && clock.now() >= deadline;
  return console.finish(late ? ExitCode::not_in_time : code_of(*answer));
}

}  // namespace

ExitCode move(const Global& global, const MoveOptions& options) {
  return ask(global, {.method = options.verb,
                      .params = {{"tenant", options.tenant}},
                      .within = options.within,
                      .dry_run = options.dry_run,
                      .json = options.json});
}

ExitCode free_memory(const Global& global, const FreeOptions& options) {
  const std::string pool = options.vram ? "vram" : options.ram ? "ram" : options.pool;
  const auto bytes = options.vram ? options.vram : options.ram ? options.ram : options.bytes;
  if (!bytes || bytes->count == 0) {
    Console(global).tell(Error{
        Errc::invalid, "how much, and of what?", {}, "for example: spillway free --ram 2GiB"});
    return ExitCode::usage;
  }
  return ask(global, {.method = "free",
                      .params = {{"pool", pool}, {"bytes", bytes->count}},
                      .within = options.within,
                      .dry_run = options.dry_run,
                      .json = options.json});
}

}  // namespace spillway
