#include "sense/vmstat.h"

#include <array>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

/// Its counters explain; nothing is decided by them, and the kernel takes long to add them up.
constexpr Duration kBetweenReads = 30s;
constexpr Duration kAfterAnEvent = 1s;

struct Found {
  VmCounters out;
  std::optional<std::uint64_t> refault, steal_kswapd, steal_direct;
};

using Counter = std::optional<std::uint64_t>;
struct Wanted {
  std::string_view key;
  Counter& (*slot)(Found&);
};

constexpr std::array kWanted{
    Wanted{"workingset_refault_anon", [](Found& c) -> Counter& { return c.out.refault_anon; }},
    Wanted{"workingset_refault_file", [](Found& c) -> Counter& { return c.out.refault_file; }},
    Wanted{"workingset_refault", [](Found& c) -> Counter& { return c.refault; }},
    Wanted{"pgscan_direct", [](Found& c) -> Counter& { return c.out.pgscan_direct; }},
    Wanted{"pgscan_kswapd", [](Found& c) -> Counter& { return c.out.pgscan_kswapd; }},
    Wanted{"pgsteal_kswapd", [](Found& c) -> Counter& { return c.steal_kswapd; }},
    Wanted{"pgsteal_direct", [](Found& c) -> Counter& { return c.steal_direct; }},
    Wanted{"pswpin", [](Found& c) -> Counter& { return c.out.pswpin; }},
    Wanted{"pswpout", [](Found& c) -> Counter& { return c.out.pswpout; }},
    Wanted{"oom_kill", [](Found& c) -> Counter& { return c.out.oom_kill; }},
};

}  // namespace

Result<VmCounters> parse_vmstat(std::string_view text) {
  Found found;
  bool any = false;
  while (auto line = next_line(text)) {
    const auto key = next_word(*line);
    if (!key) continue;
    for (const Wanted& wanted : kWanted) {
      if (wanted.key != *key) continue;
      wanted.slot(found) = parse_u64(trimmed(*line));
      any = any || wanted.slot(found);
    }
  }
  if (!any) return fail(Errc::invalid, "no counter in it is known");
  if (!found.out.refault_file) found.out.refault_file = found.refault;
  if (found.steal_kswapd && found.steal_direct) {
    found.out.pgsteal = *found.steal_kswapd + *found.steal_direct;
  }
  return found.out;
}

Result<std::vector<Reading>> VmstatSensor::read(const Look& look) {
  const Duration wanted = look.event ? kAfterAnEvent : kBetweenReads;
  if (!latest_ || look.now - latest_->taken >= wanted) {
    latest_.reset();
    auto counters = parsed(file_, &parse_vmstat);
    if (!counters) return tl::unexpected(std::move(counters).error());
    latest_ = *counters;
    latest_->taken = look.now;
  }
  return std::vector<Reading>{*latest_};
}

}  // namespace spillway
