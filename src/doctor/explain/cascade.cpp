#include "doctor/explain/cascade.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"

namespace spillway::doctor {
namespace {
constexpr double kWithin = 300;
constexpr std::size_t kMost = 8;
}  // namespace

std::string headline(const Finding& finding) {
  std::string text(name(finding.kind));
  if (!finding.pool.empty()) text += " in " + finding.pool;
  const std::size_t others = finding.collateral.size();
  if (finding.victim) {
    text += fmt::format(", {}{} killed", finding.victim->name,
                        others > 0 ? fmt::format(" and {} more", others) : std::string());
  } else if (finding.count > 1)
    text += fmt::format(" ({} times)", finding.count);
  return text;
}

void add_cascade(std::vector<Finding>& findings) {
  for (Finding& first : findings) {
    std::vector<std::pair<double, const Finding*>> later;
    for (const Finding& other : findings) {
      const auto delay = &other == &first ? std::nullopt : other.first.since(first.first);
      if (delay && *delay >= 0 && *delay <= kWithin &&
          (other.kind != first.kind || other.pool != first.pool)) {
        // Of two at the same moment the one that was found first came first.
        if (*delay > 0 || &other > &first) later.emplace_back(*delay, &other);
      }
    }
    std::stable_sort(later.begin(), later.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [delay, other] : later) {
      if (first.followed.size() >= kMost) break;
      first.followed.push_back(
          fmt::format("{} later: {}", to_string(from_seconds(delay)), headline(*other)));
    }
  }
}

}  // namespace spillway::doctor
