#pragma once

#include "render/tune.h"
#include "tune/place.h"
#include "verbs/tune.h"

namespace spillway {

/// The place that the options name. What nobody confirmed in time is taken back first, and told.
Result<TunePlace> open_place(const Console& console, const TuneOptions& options);

/// What to change there, and how it would be written.
Result<TuneProposal> propose(const Global& global, const TunePlace& place,
                             const TuneOptions& options);

/// Puts it in force and leaves the reverter behind. On errors nothing was changed.
Result<doctor::TuneApplication> apply_proposal(TunePlace& place, const TuneProposal& proposal,
                                               Duration within);

TuneStateOf state_of(const TunePlace& place, const doctor::TuneApplication& application);

}  // namespace spillway
