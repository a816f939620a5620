#pragma once

#include <string>

#include "decide/victims.h"

namespace spillway {

/// At the shutdown level, before all else: every tenant that can is asked to preserve its state,
/// all at once, once per shutdown. One that is busy with another measure follows when that ended.
void preserve(Round& round);

/// Says every change of level, up and down, and refuses new work while a pool is at shutdown.
void announce(Round& round);

/// Takes for every short pool, the shortest first, the next step of the ladder, if one is needed,
/// permitted and none is under way. When nothing is left to take, that is said once per level.
void relieve(Round& round);

/// The step of an offer that was chosen, ready to start.
Step giving_step(const Round& round, const Want& want, const Choice& choice);

/// "asked by spillway free": how a step's reason names its demand.
std::string words(const Demand& demand);

}  // namespace spillway
