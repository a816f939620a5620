#include "tune/proposal.h"

#include <algorithm>

#include "tune/measure.h"
#include "tune/reverter.h"

namespace spillway {

using doctor::TuneMoment;

Result<TunePlace> open_place(const Console& console, const TuneOptions& options) {
  auto place = open_place(options.root);
  if (!place) return place;
  const auto undone = place->book.revert_expired(TuneMoment::now());
  if (!undone) {
    // Who may not look cannot take back either; recommending needs neither.
    if (undone.error().code != Errc::denied) console.tell(undone.error());
  } else if (*undone) {
    console.tell("application " + (*undone)->id + " was not confirmed in time: it is taken back");
  }
  return place;
}

Result<TuneProposal> propose(const Global& global, const TunePlace& place,
                             const TuneOptions& options) {
  const auto id = place.book.next_id();
  if (!id && id.error().code != Errc::denied) return tl::unexpected(id.error());
  TuneProposal proposal{.root = place.root, .live = place.live(), .target = options.target};
  const auto machine = doctor::read_tune_machine(place.files, options.units);
  for (const std::string& name : options.units) {
    const bool found = std::any_of(machine.units.begin(), machine.units.end(),
                                   [&](const doctor::UnitFile& unit) { return unit.name == name; });
    if (!found) return fail(Errc::not_found, "there is no such unit", name);
  }
  proposal.recommended = doctor::recommend(machine, options.target);
  doctor::choose_changes(proposal.recommended, options.only, options.skip);
  const auto use = look_at_use(global, place, options.target.vram.has_value());
  proposal.checks = doctor::check_target(options.target, use);
  proposal.id = id.value_or("NNNN");  // the state may be closed to others than root
  proposal.files = doctor::tune_files(proposal.recommended.changes, proposal.id);
  if (place.live()) proposal.values = doctor::tune_values(proposal.recommended.changes);
  return proposal;
}

Result<doctor::TuneApplication> apply_proposal(TunePlace& place, const TuneProposal& proposal,
                                               Duration within) {
  auto applied =
      place.book.apply(proposal.recommended.changes, proposal.target, TuneMoment::now(), within);
  if (!applied) return applied;
  if (const Status left = leave_reverter(place.root, applied->manifest); !left) {
    (void)place.book.roll_back();  // nobody would take it back
    return tl::unexpected(left.error());
  }
  return applied;
}

TuneStateOf state_of(const TunePlace& place, const doctor::TuneApplication& application) {
  TuneStateOf state{application, doctor::in_force(application, place.book.tree(), place.files), {}};
  const TuneMoment now = TuneMoment::now();
  if (!application.confirmed && !application.manifest.expired(now)) {
    state.left = Duration(application.manifest.deadline_ns - now.ns);
  }
  return state;
}

}  // namespace spillway
