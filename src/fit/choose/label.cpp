#include "fit/choose/label.h"

#include <algorithm>

namespace spillway::fit {

bool Label::dominates(const Label& other) const {
  if (other.price < price || !total.within(other.total)) return false;
  // What the other has paid more of an overhead may still fall due here.
  Load due = total;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Load more = other.groups[i] - groups[i];
    due = due + Load{std::max<std::int64_t>(0, more.likely), std::max<std::int64_t>(0, more.high)};
  }
  return due.within(other.total);
}

std::vector<Label> extended(const std::vector<Label>& without, const Item& item, std::uint64_t hits,
                            std::size_t gpu, Load room, Cost at_most) {
  std::vector<Label> all;
  for (std::size_t c = 0; c < item.choices.size(); ++c) {
    const Choice& choice = item.choices[c];
    if (choice.gpu != kAnyGpu && choice.gpu != gpu) continue;
    const bool shares = item.group != Item::kNoGroup;
    const Price price{choice.cost, choice.cost > 0 ? hits : 0};
    for (std::size_t before = 0; before < without.size(); ++before) {
      const Label& from = without[before];
      if (from.price.cost + choice.cost > at_most) break;  // they are in the order of their cost
      Load paid = choice.vram_overhead;
      if (shares) {
        const Load group = from.groups[item.group];
        paid = Load{std::max(group.likely, paid.likely), std::max(group.high, paid.high)} - group;
      }
      const Load total = from.total + choice.vram + paid;
      if (!total.within(room)) continue;
      Label& label = all.emplace_back(from);
      label.price = label.price + price;
      label.total = total;
      if (shares) label.groups[item.group] = label.groups[item.group] + paid;
      label.before = static_cast<std::uint32_t>(before);
      label.choice = static_cast<std::uint16_t>(c);
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Label& a, const Label& b) { return a.price < b.price; });
  std::vector<Label> kept;
  for (const Label& label : all) {
    const auto better = [&](const Label& other) { return other.dominates(label); };
    if (std::none_of(kept.rbegin(), kept.rend(), better)) kept.push_back(label);
  }
  return kept;
}

}  // namespace spillway::fit
