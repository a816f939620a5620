#pragma once

#include <optional>
#include <string>

#include "decide/victims.h"

namespace spillway {

/// Why an offer is not taken, with the numbers of the sentence; the words are made only for those
/// that are shown.
struct Refusal {
  enum class Why {
    pinned,
    rung_too_high,
    of_another,
    asked_itself,
    tried,
    under_way,
    quarantined,
    frozen,
    put_aside,
    awaited,
    trimmed_enough,
    busy,
    used_lately,
    restored_lately,
    freeze_off,
    thrashing,
    stop_off,
    stop_unwanted,
    preserve_first,
    no_room
  };
  Why why = Why::pinned;
  Duration time{};
  std::uint32_t pool = kNowhere;  // the one it would fill
  Bytes amount;
  int count = 0;
};

/// Whether the demand may touch a tenant of this user.
bool concerns(const Demand& demand, const Tenant& tenant);

/// None: it may be taken.
std::optional<Refusal> refusal(const Round& round, const Want& want, const OfferView& offer);
std::string words(const Refusal& refusal, const Round& round, const Want& want,
                  const OfferView& offer);

}  // namespace spillway
