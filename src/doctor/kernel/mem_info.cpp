#include "doctor/kernel/mem_info.h"

#include <array>

#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

/// PAGE_COUNTER_MAX: no limit is set. In kB, as printed.
constexpr double kNoLimit = 9.0e18;

/// `key` as a whole word: "free:" and not "slab_free:".
std::optional<double> pages(std::string_view text, std::string_view key) {
  for (auto at = position(text, key); at != std::string_view::npos;
       at = position(text, key, at + 1)) {
    const bool whole = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t';
    const auto value = whole ? leading_integer(text.substr(at + key.size())) : std::nullopt;
    if (value) return static_cast<double>(*value);
  }
  return std::nullopt;
}

struct Figure {
  std::string_view key;
  std::optional<double> MemInfo::*field;
};
constexpr std::array kFigures{
    Figure{"free:", &MemInfo::free}, Figure{"slab_reclaimable:", &MemInfo::slab_reclaimable},
    Figure{"slab_unreclaimable:", &MemInfo::slab_unreclaimable}, Figure{"shmem:", &MemInfo::shmem},
    Figure{"pagetables:", &MemInfo::page_tables}};

}  // namespace

bool MemInfo::take(std::string_view text) {
  bool any = false;
  const auto set = [&](auto& field, const auto& value) {
    if (!value) return;
    any = true;
    if (!field) field = value;
  };
  // Per node and zone the same words stand with kB behind the figures.
  if (!has(text, "kB")) {
    for (const Figure& figure : kFigures) set(this->*figure.field, pages(text, figure.key));
    const auto active = pages(text, "active_file:"), inactive = pages(text, "inactive_file:");
    if (active && inactive) set(file, std::optional(*active + *inactive));
    if (const auto at = position(text, " pages RAM"); at != std::string_view::npos) {
      auto begin = at;
      while (begin > 0 && text[begin - 1] >= '0' && text[begin - 1] <= '9') --begin;
      if (const auto n = leading_integer(text.substr(begin)))
        set(ram, std::optional(static_cast<double>(*n)));
    }
    return any;
  }
  set(swap_free, rounded(amount_after(text, "Free swap  =")));
  set(swap_total, rounded(amount_after(text, "Total swap =")));
  if (const auto usage = amount_after(text, "memory: usage ")) {
    set(cgroup_usage, rounded(usage));
    const auto limit = amount_after(text, ", limit ");
    if (limit && *limit < kNoLimit) set(cgroup_limit, rounded(limit));
  }
  return any;
}

}  // namespace spillway::doctor
