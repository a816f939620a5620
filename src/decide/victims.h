#pragma once

#include <cstdint>

#include "decide/round.h"

namespace spillway {

/// What memory is wanted for, and how far it may go.
struct Want {
  std::uint32_t pool = kNowhere;  // kNowhere: whatever pool the tenant can give from
  Bytes need;                     // zero: as much as one measure gives
  Level level = Level::normal;
  Rung highest = Rung::notify;
  const Demand* demand = nullptr;          // none: the ladder's own want
  const DemandMemory* progress = nullptr;  // of that demand
};

/// The offer to take next.
struct Choice {
  const OfferView* offer = nullptr;  // none: nothing can be taken now
  Bytes gives;                       // expected, by experience, in the pool that it is wanted for
  bool more_soon = false;  // something was passed over only because a measure is under way

  explicit operator bool() const { return offer != nullptr; }
};

/// The next offer to take. In order: the rung (cheapest to the person first; a demand on one
/// tenant prefers a move to a trim), whether it kept its promises before, the tenant's priority,
/// how long it is idle (twice as long counts as longer; busy last), the smallest amount that covers
/// the need or else the biggest, certainty, cost of both ways, and at last the names. At emergency
/// and above, what would cover less than 1/32 of the need comes after all others: there is no time
/// for it. What is passed over for a reason goes into the plan's declined, at most 64 of them.
/// O(offers), and the same whatever their order.
Choice choose(Round& round, const Want& want);

}  // namespace spillway
