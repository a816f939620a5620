#include "render/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "json/names.h"
#include "render/words.h"

namespace spillway {
namespace {

constexpr std::size_t kLabel = 7;  // "tenants", the widest of the fixed labels
constexpr std::size_t kNamed = 3;  // names in a sentence before "and 4 more"

const PoolStatus* worst(const StatusReport& report) {
  const PoolStatus* found = nullptr;
  for (const PoolStatus& pool : report.pools) {
    if (found == nullptr || pool.assessment.level > found->assessment.level) found = &pool;
  }
  return found;
}

std::string verdict(const StatusReport& report, const Canvas& canvas) {
  std::string text = painted(name(report.level), paint_of(report.level), canvas);
  const PoolStatus* pool = worst(report);
  if (pool == nullptr) return text + ": nothing can be measured here";
  if (report.level == Level::normal) {
    const bool blind = std::any_of(report.pools.begin(), report.pools.end(), [](const auto& p) {
      return p.assessment.unknown_since.has_value();
    });
    text += blind || !report.faults.empty() ? ": no memory that can be read is short"
                                            : ": no memory is short";
  } else {
    const PoolAssessment& a = pool->assessment;
    text += ": " + printable(PoolNames(report.pools).of(a.pool));
    if (!a.evidence.empty()) text += ", " + printable(a.evidence);
  }
  if (report.dry_run) text += " (dry run: nothing is touched)";
  return text;
}

std::string distance(const PoolAssessment& pool) {
  if (pool.unknown_since) return "unknown for " + to_string(*pool.unknown_since);
  if (pool.level != Level::normal && pool.excess.count > 0) {
    return to_string(pool.excess) + " too much";
  }
  if (!pool.to_next || pool.level == Level::shutdown) return {};
  return to_string(*pool.to_next) + " to " + std::string(name(kLevels[index(pool.level) + 1]));
}

bool is_listed(const PoolStatus& pool) {
  const PoolAssessment& a = pool.assessment;
  if (a.pool.kind() == PoolKind::cgroup) return a.level > Level::normal || a.unknown_since;
  return !a.total || a.total->count > 0;
}

/// The pools that everybody asks for first, then the others by name.
std::vector<const PoolStatus*> listed(const StatusReport& report) {
  std::vector<const PoolStatus*> pools;
  for (const PoolStatus& pool : report.pools) {
    if (is_listed(pool)) pools.push_back(&pool);
  }
  const auto rank = [](const PoolStatus* pool) {
    switch (pool->assessment.pool.kind()) {
      case PoolKind::vram: return 0;
      case PoolKind::ram: return 1;
      case PoolKind::swap: return 2;
      case PoolKind::zram: return 3;
      default: return 4;
    }
  };
  std::stable_sort(pools.begin(), pools.end(),
                   [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return pools;
}

std::string stalls(const StatusReport& report) {
  std::string text;
  for (const StallStatus& stall : report.stalls) {
    if (stall.scope) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "   ", name(stall.resource),
                        percent(stall.some));
    if (stall.full >= 0.001) text += fmt::format(" (all tasks {})", percent(stall.full));
  }
  return text;
}

std::string named(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i) {
    text += (i > 0 ? ", " : "") + printable(names[i]);
  }
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

std::string tenants(const StatusReport& report) {
  if (report.tenants.empty()) return "none registered";
  std::vector<std::string> away, lost;
  for (const Tenant& tenant : report.tenants) {
    if (!tenant.connected) {
      lost.push_back(tenant.id.text);
    } else if (moved_by(tenant)) {
      away.push_back(tenant.id.text + " " + state_of(tenant));
    }
  }
  std::string text = fmt::format("{} resident", report.tenants.size() - away.size() - lost.size());
  if (!away.empty()) text += fmt::format(", {} away: {}", away.size(), named(away));
  if (!lost.empty()) text += fmt::format(", {} not connected: {}", lost.size(), named(lost));
  return text;
}

std::string next(const StatusReport& report) {
  const PoolNames names(report.pools);
  if (!report.running.empty()) {
    const Step& step = report.running.front();
    std::string text(step.direction == Direction::restore ? "restore" : name(step.rung));
    if (!step.tenant.text.empty()) text += " " + step.tenant.text;
    text += " for the sake of " + names.of(step.pool);
    if (report.running.size() > 1) text += fmt::format(" and {} more", report.running.size() - 1);
    return printable(text) + ", right now";
  }
  if (report.source == "direct") return "nothing: this is only a look";
  if (report.level > Level::normal) {
    const PoolAssessment& a = worst(report)->assessment;
    return a.excess.count > 0
               ? fmt::format("{} more must come back to {}", to_string(a.excess), names.of(a.pool))
               : fmt::format("wait until {} is calm", names.of(a.pool));
  }
  std::vector<std::string> away;
  for (const Tenant& tenant : report.tenants) {
    if (moved_by(tenant)) away.push_back(tenant.id.text);
  }
  if (!away.empty()) return "give back " + named(away) + " once there is room";
  const PoolStatus* nearest = nullptr;
  for (const PoolStatus& pool : report.pools) {
    if (!pool.assessment.to_next || !is_listed(pool)) continue;
    if (nearest == nullptr || *pool.assessment.to_next < *nearest->assessment.to_next) {
      nearest = &pool;
    }
  }
  if (nearest == nullptr) return "nothing to do";
  return fmt::format("nothing until {} grows by {}", names.of(nearest->assessment.pool),
                     to_string(*nearest->assessment.to_next));
}

std::string labelled(std::string_view label, const std::string& text, std::size_t width,
                     const Canvas& canvas) {
  std::string padded(label);
  padded.append(width - std::min(width, columns(label)) + 2, ' ');
  return padded +
         (canvas.width > 0 ? cut(text, canvas.width - std::min(canvas.width, width + 2)) : text);
}

}  // namespace

std::vector<std::string> status_lines(const StatusReport& report, const Canvas& canvas) {
  const PoolNames names(report.pools);
  std::size_t label = kLabel;
  std::vector<std::vector<Cell>> rows;
  for (const PoolStatus* pool : listed(report)) {
    const PoolAssessment& a = pool->assessment;
    const std::string called = names.of(a.pool);
    label = std::max(label, columns(printable(called)));
    rows.push_back({{called},
                    {part_of(a.used, a.total)},
                    {a.share ? percent(*a.share) : ""},
                    {std::string(name(a.level)), paint_of(a.level)},
                    {distance(a)},
                    {trend(a), Paint::dim}});
  }
  std::vector<std::string> lines{verdict(report, canvas)};
  const std::vector<Column> head{{.title = "", .flexible = true, .least = kLabel},
                                 {.title = "", .right = true},
                                 {.title = "", .right = true},
                                 {},
                                 {.title = "", .flexible = true},
                                 {.title = "", .flexible = true}};
  for (std::string& line : table(head, rows, canvas)) lines.push_back(std::move(line));
  if (const std::string text = stalls(report); !text.empty()) {
    lines.push_back(labelled("stalls", text, label, canvas));
  }
  if (report.source != "direct") {
    lines.push_back(labelled("tenants", tenants(report), label, canvas));
    lines.push_back(labelled("next", next(report), label, canvas));
  }
  for (const Fault& fault : report.faults) {
    lines.push_back(
        labelled("unread", printable(fault.sensor + ": " + to_string(fault.error)), label, canvas));
  }
  return lines;
}

std::vector<std::string> detail_lines(const StatusReport& report, const Canvas& canvas) {
  std::vector<std::string> lines;
  std::vector<std::vector<Cell>> rows;
  for (const Capability& capability : report.capabilities) {
    rows.push_back(
        {{capability.name},
         {capability.available ? "works" : "off", capability.available ? Paint::good : Paint::dim},
         {capability.reason}});
  }
  for (std::string& line :
       table({{.title = "ABLE TO"}, {}, {.title = "", .flexible = true}}, rows, canvas)) {
    lines.push_back(std::move(line));
  }
  const Counters& c = report.counters;
  if (report.source != "direct") {
    lines.push_back(fmt::format(
        "since {} ago: {} looks, {} measures gave {} back ({} failed), {} restores gave {}; {} "
        "programs stopped by spillway, {} killed by the kernel",
        to_string(report.uptime), c.looks, c.steps, to_string(c.given_back), c.steps_failed,
        c.restores, to_string(c.restored), c.kills, c.kernel_oom_kills));
  }
  return lines;
}

}  // namespace spillway
