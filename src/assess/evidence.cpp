#include "assess/evidence.h"

#include <cmath>

#include "assess/levels.h"
#include "base/text.h"

namespace spillway {
namespace {

/// Slower than this is not worth a word.
constexpr double kNoticeableRate = 1 << 20;

std::string usage(const PoolAssessment& found) {
  if (!found.used) return "never read";
  std::string text = to_string(*found.used);
  if (found.total) text += " of " + to_string(*found.total);
  text += " in use";
  if (found.share) text += " (" + percent(*found.share) + ")";
  return text;
}

std::string stall_words(const StallShare& stall) {
  return "tasks waited for memory " + percent(stall.some) + " of the time (all of them " +
         percent(stall.full) + ")";
}

/// Where the level ends, and why it has not ended yet.
std::string hold_words(const Findings& f) {
  const std::string level(name(f.found.level));
  if (f.found.unknown_since) return "; " + level + " until it can be read again";
  const LevelRule& rule = f.policy.at(f.found.level);
  const std::optional<Bytes> usable = f.track.usable();
  if (usable && f.found.used) {
    const Bytes exit = marks(rule, *usable, f.policy.margin).exit;
    if (*f.found.used >= exit) return ", " + level + " ends below " + to_string(exit);
  }
  if (f.now - f.found.since < rule.min_hold) {
    return ", " + level + " lasts at least " + to_string(rule.min_hold);
  }
  if (f.stall) return "; " + stall_words(*f.stall) + ", not calm yet";
  return ", still " + level;
}

std::string cause_words(const Findings& f) {
  const LevelRule& rule = f.policy.at(f.found.level);
  const std::string level(name(f.found.level));
  switch (f.found.cause) {
    case Cause::none: return {};
    case Cause::threshold: return ", " + level + " from " + percent(rule.enter);
    case Cause::floor:
      return ", " + to_string(f.found.free.value_or(Bytes{})) + " free is below the floor of " +
             to_string(rule.free_below.value_or(Bytes{})) + " (" + level + ")";
    case Cause::stall: return f.stall ? "; " + stall_words(*f.stall) : std::string();
    case Cause::forecast: return {};
    case Cause::held: return hold_words(f);
  }
  return {};
}

std::string growth_words(const PoolAssessment& found) {
  if (!found.growth || std::abs(*found.growth) < kNoticeableRate) return {};
  const Bytes rate{static_cast<std::int64_t>(std::abs(*found.growth))};
  if (*found.growth < 0) return "; falling by " + to_string(rate) + "/s";
  std::string text = "; growing by " + to_string(rate) + "/s";
  if (found.full_in) text += ", full in " + to_string(*found.full_in);
  return text;
}

std::string shape_words(const Findings& f) {
  if (f.found.shape == Shape::burst) {
    return "; rose by " + to_string(f.track.trend.jump) + " within " +
           to_string(f.track.trend.jump_took) + ", " + to_string(f.now - f.track.trend.jump_at) +
           " ago";
  }
  return f.track.hours.words.empty() ? std::string() : "; " + f.track.hours.words;
}

}  // namespace

std::string evidence(const Findings& f) {
  std::string text;
  if (f.found.unknown_since) {
    text = "not read for " + to_string(*f.found.unknown_since);
    if (!f.track.trouble.empty()) text += " (" + f.track.trouble + ")";
    text += ", last: ";
  }
  text += usage(f.found);
  text += cause_words(f);
  text += growth_words(f.found);
  text += shape_words(f);
  return text;
}

}  // namespace spillway
