#pragma once

#include "assess/history.h"
#include "model/assessment.h"
#include "model/policy.h"

namespace spillway {

/// Of which pools the evidence is put into words: of all, or of those that are not normal or have just
/// become so. Most looks find nothing, and the words would be half of their cost.
enum class Evidence { of_all, of_trouble };

/// What the latest snapshot means in the light of the history. Pure: same input, same answer.
Assessment assess(const History& history, const Policy& policy, TimePoint now,
                  Evidence wanted = Evidence::of_all);

}  // namespace spillway
