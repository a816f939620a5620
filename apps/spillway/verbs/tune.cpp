#include "verbs/tune.h"

#include <unistd.h>

#include "tune/app/service.h"
#include "tune/confirmation.h"
#include "tune/proposal.h"

namespace spillway {
namespace {

using doctor::TuneMoment;

std::string with_root(const std::string& verb, const TuneOptions& options) {
  return "spillway tune " + verb + (options.root == "/" ? "" : " --root " + options.root);
}

ExitCode ask(const Console& console, TunePlace& place, const doctor::TuneManifest& manifest,
             Duration within) {
  console.tell("Enter keeps it, Ctrl-C takes it back; so does " + to_string(within) +
               " of silence");
  const auto answer = ask_for_confirmation(place, manifest);
  if (!answer) return console.failed(answer.error());
  switch (*answer) {
    case Confirmation::kept: console.print("kept"); return ExitCode::ok;
    case Confirmation::taken_back: console.print("taken back"); return ExitCode::refused;
    case Confirmation::unanswered: break;
  }
  return ExitCode::not_in_time;
}

}  // namespace

ExitCode tune_recommend(const Global& global, const TuneOptions& options) {
  const Console console(global);
  if (!options.app.empty()) return recommend_for_service(global, options);
  const auto place = open_place(console, options);
  if (!place) return console.failed(place.error());
  const auto proposal = propose(global, *place, options);
  if (!proposal) return console.failed(proposal.error());
  if (options.json) {
    console.print(tune_document("recommend", *proposal));
  } else {
    console.print(recommend_lines(*proposal, console.canvas()));
  }
  return console.finish(ExitCode::ok);
}

ExitCode tune_apply(const Global& global, const TuneOptions& options) {
  const Console console(global);
  auto place = open_place(console, options);
  if (!place) return console.failed(place.error());
  const auto proposal = propose(global, *place, options);
  if (!proposal) return console.failed(proposal.error());
  const bool nothing = proposal->recommended.changes.empty();
  const auto print = [&] {
    if (options.json) {
      console.print(tune_document(options.dry_run ? "dry-run" : "apply", *proposal));
    } else if (nothing) {
      console.print("nothing to change");
    } else {
      console.print(writes_lines(*proposal, console.canvas()));
    }
  };
  if (options.dry_run || nothing) {
    print();
    return console.finish(ExitCode::ok);
  }
  const auto applied = apply_proposal(*place, *proposal, options.confirm_within);
  if (!applied && applied.error().code == Errc::denied) {
    console.tell("not allowed to; these are the writes:");
    print();
  }
  if (!applied) return console.failed(applied.error());
  print();
  if (::isatty(STDIN_FILENO) == 1 && !options.json) {
    return console.finish(ask(console, *place, applied->manifest, options.confirm_within));
  }
  console.tell("applied; it is taken back in " + to_string(options.confirm_within) + " without " +
               with_root("confirm", options));
  return console.finish(ExitCode::ok);
}

ExitCode tune_confirm(const Global& global, const TuneOptions& options) {
  const Console console(global);
  auto place = open_place(options.root);
  if (!place) return console.failed(place.error());
  const auto confirmed = place->book.confirm(TuneMoment::now());
  if (!confirmed) return console.failed(confirmed.error());
  console.print("application " + confirmed->manifest.id + " is kept");
  return console.finish(ExitCode::ok);
}

ExitCode tune_rollback(const Global& global, const TuneOptions& options) {
  const Console console(global);
  auto place = open_place(options.root);
  if (!place) return console.failed(place.error());
  bool whole = true;
  for (bool again = true; again;) {
    const auto undone = place->book.roll_back();
    if (!undone) return console.failed(undone.error());
    console.print("application " + undone->id + " is taken back");
    for (const std::string& path : undone->left) {
      console.tell(path + " was changed by somebody else since: it is left as it is");
      whole = false;
    }
    const auto rest = place->book.list();
    again = options.all && rest && !rest->empty();
  }
  return console.finish(whole ? ExitCode::ok : ExitCode::failure);
}

ExitCode tune_status(const Global& global, const TuneOptions& options) {
  const Console console(global);
  const auto place = open_place(console, options);
  if (!place) return console.failed(place.error());
  const auto all = place->book.list();
  if (!all) return console.failed(all.error());
  std::vector<TuneStateOf> states;
  for (const auto& application : *all) states.push_back(state_of(*place, application));
  if (options.json) {
    console.print(tune_document(states));
  } else {
    console.print(tune_status_lines(states, console.canvas()));
  }
  return console.finish(ExitCode::ok);
}

}  // namespace spillway
