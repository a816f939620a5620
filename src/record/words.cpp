#include "record/words.h"

#include <algorithm>

#include "base/text.h"

namespace spillway {

std::string words(const PoolId& pool) { return pool == kRam ? "RAM" : pool.text; }

std::string ago(WallTime then, WallTime now) {
  const Duration age(now.unix_ns - then.unix_ns);
  return age < 1s ? "just now" : to_string(age) + " ago";
}

std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

std::string amounts(const std::vector<PoolChange>& holds) {
  std::vector<std::string> parts;
  for (const PoolChange& hold : holds) {
    if (hold.delta > Bytes{}) parts.push_back(to_string(hold.delta) + " in " + words(hold.pool));
  }
  return listed(parts);
}

std::string effect(const std::vector<PoolChange>& changes) {
  std::vector<std::string> parts;
  for (const PoolChange& change : changes) {
    if (change.delta < Bytes{}) {
      parts.push_back("freed " + to_string(-change.delta) + " of " + words(change.pool));
    } else if (change.delta > Bytes{}) {
      parts.push_back("charged " + to_string(change.delta) + " to " + words(change.pool));
    }
  }
  return parts.empty() ? "freed nothing" : listed(parts);
}

std::string done_to(Rung rung, const std::string& detail) {
  const std::string to = detail.empty() ? "" : " to " + detail;
  switch (rung) {
    case Rung::notify: return "notified";
    case Rung::trim: return "trimmed";
    case Rung::unload_idle: return "unloaded";
    case Rung::shrink: return "shrunk" + to;
    case Rung::reclaim: return "paged out";
    case Rung::offload: return "offloaded" + to;
    case Rung::spill: return "spilled" + to;
    case Rung::evict: return "evicted" + to;
    case Rung::freeze: return "frozen";
    case Rung::preserve: return "asked to preserve its state";
    case Rung::refuse: return "refused";
    case Rung::stop: return "stopped";
  }
  return {};
}

std::string usage(const PoolAssessment& pool) {
  if (!pool.evidence.empty()) return pool.evidence;
  if (!pool.used) return "its use is unknown";
  std::string text = to_string(*pool.used);
  if (pool.total) text += " of " + to_string(*pool.total);
  text += " in use";
  if (pool.share) text += " (" + percent(*pool.share) + ")";
  return text;
}

std::string sentence(std::string text) {
  const bool ended =
      !text.empty() && (text.back() == '.' || text.back() == '!' || text.back() == '?');
  if (!ended) text += '.';
  return text;
}

}  // namespace spillway
