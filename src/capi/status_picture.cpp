#include "capi/status_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/clock.h"
#include "capi/versioned.h"
#include "json/status_json.h"
#include "json/writer.h"

namespace spillway {

namespace {

std::int64_t count_of(const std::optional<Bytes>& bytes) {
  return bytes ? bytes->count : SPILLWAY_UNKNOWN;
}

std::int64_t ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

const PoolStatus* shortest_of(const StatusReport& report) {
  const auto shorter = [](const PoolStatus& a, const PoolStatus& b) {
    if (a.assessment.level != b.assessment.level) return a.assessment.level < b.assessment.level;
    return a.assessment.share.value_or(-1) < b.assessment.share.value_or(-1);
  };
  const auto found = std::max_element(report.pools.begin(), report.pools.end(), shorter);
  return found == report.pools.end() ? nullptr : &*found;
}

std::string figures(const PoolAssessment& pool) {
  if (!pool.used || !pool.total) return "unknown";
  std::string text = to_string(*pool.used) + " of " + to_string(*pool.total);
  if (pool.share) text += fmt::format(" ({:.0f} %)", *pool.share * 100);
  return text;
}

std::string prospects(const PoolAssessment& pool) {
  return pool.full_in ? ", full in " + to_string(*pool.full_in) : std::string();
}

std::string remarks(const PictureTenant& tenant) {
  std::string text;
  if (tenant.pinned) text += ", pinned";
  if (tenant.state.busy) text += ", busy";
  if (tenant.moved()) text += ", away from " + tenant.home;
  if (tenant.state.gpu_lost) {
    text += ", its GPU is lost";
  } else if (tenant.state.fallen_back) {
    text += ", fallen back to the CPU";
  }
  if (tenant.state.memory_errors > 0) {
    text += fmt::format(", {} memory errors", tenant.state.memory_errors);
  }
  return text;
}

}  // namespace

Bytes PictureTenant::bytes() const {
  const auto held = std::find_if(state.holds.begin(), state.holds.end(),
                                 [&](const PoolChange& part) { return part.pool == own; });
  return held == state.holds.end() ? Bytes{} : held->delta;
}

std::string PictureTenant::place() const {
  return state.fallen_back && !state.place.empty() ? std::string(kCpu) : state.place;
}

spillway_pool_status pool_status(const StatusPicture& picture, std::size_t index) {
  const PoolStatus& pool = picture.report.pools[index];
  const PoolAssessment& now = pool.assessment;
  const auto known = picture.usage.find(now.pool);
  const PoolUsage usage = known == picture.usage.end() ? PoolUsage{} : known->second;

  spillway_pool_status out = {};
  copy_text(out.pool, now.pool.text);
  out.level = static_cast<int>(now.level);
  out.used = count_of(now.used);
  out.total = count_of(now.total);
  out.free = count_of(now.free);
  out.reserved = count_of(pool.reserved);
  out.share = now.share.value_or(-1.0);
  out.growth = now.growth.value_or(std::numeric_limits<double>::quiet_NaN());
  out.full_in_ms = now.full_in ? ms(*now.full_in) : SPILLWAY_UNKNOWN;
  out.age_ms = ms(pool.age);
  out.peak_used = count_of(usage.peak_used);
  out.framework_allocated = count_of(usage.allocated);
  out.framework_reserved = count_of(usage.reserved);
  out.peak_allocated = count_of(usage.peak_allocated);
  out.peak_reserved = count_of(usage.peak_reserved);
  return out;
}

spillway_tenant_status tenant_status(const PictureTenant& tenant) {
  spillway_tenant_status out = {};
  copy_text(out.name, tenant.name);
  const std::string place = tenant.place();
  copy_text(out.place, place);
  out.on_cpu = on_cpu(place) ? 1 : 0;
  out.moved = tenant.moved() ? 1 : 0;
  out.busy = tenant.state.busy ? 1 : 0;
  out.fallen_back = tenant.state.fallen_back ? 1 : 0;
  out.priority = tenant.priority;
  out.pinned = tenant.pinned ? 1 : 0;
  out.bytes = tenant.bytes().count;
  out.memory_errors = static_cast<std::int64_t>(tenant.state.memory_errors);
  out.longest_give_pause_ms = ms(tenant.state.give_pause);
  out.longest_restore_pause_ms = ms(tenant.state.restore_pause);
  return out;
}

std::string summary_line(const StatusPicture& picture) {
  const PoolStatus* pool = shortest_of(picture.report);
  std::string text(name(picture.report.level));
  if (pool == nullptr) return text + ": no pool is known yet";
  return text + ": " + pool->assessment.pool.text + " " + figures(pool->assessment) +
         prospects(pool->assessment);
}

std::string text_block(const StatusPicture& picture) {
  const StatusReport& report = picture.report;
  std::string out;
  const auto line = std::back_inserter(out);
  fmt::format_to(line, "spillway {} ({}): {}\n", report.version, report.source, name(report.level));
  for (const PoolStatus& pool : report.pools) {
    const PoolAssessment& now = pool.assessment;
    fmt::format_to(line, "  {:<16} {:<9} {}{}", now.pool.text, name(now.level), figures(now),
                   prospects(now));
    const auto usage = picture.usage.find(now.pool);
    if (usage != picture.usage.end() && usage->second.peak_used) {
      fmt::format_to(line, ", peak {}", to_string(*usage->second.peak_used));
    }
    out += '\n';
  }
  for (const PictureTenant& tenant : picture.tenants) {
    const std::string place = tenant.place();
    fmt::format_to(line, "  {:<16} {:<9} {}, priority {}{}\n", tenant.name,
                   place.empty() ? "unloaded" : place, to_string(tenant.bytes()), tenant.priority,
                   remarks(tenant));
  }
  for (const Fault& fault : report.faults) {
    fmt::format_to(line, "  cannot read {}: {}\n", fault.sensor, to_string(fault.error));
  }
  fmt::format_to(line, "  {} steps gave {} back, {} restores returned {}\n", report.counters.steps,
                 to_string(report.counters.given_back), report.counters.restores,
                 to_string(report.counters.restored));
  return out;
}

std::string json_document(const StatusPicture& picture) {
  JsonWriter library(0);
  library.begin_object();
  library.key("pools");
  library.begin_array();
  for (const auto& [pool, usage] : picture.usage) {
    library.begin_object();
    library.member("pool", pool.text);
    library.member("peak_used_bytes", usage.peak_used);
    library.member("allocated_bytes", usage.allocated);
    library.member("reserved_bytes", usage.reserved);
    library.member("peak_allocated_bytes", usage.peak_allocated);
    library.member("peak_reserved_bytes", usage.peak_reserved);
    library.end_object();
  }
  library.end_array();
  library.key("tenants");
  library.begin_array();
  for (const PictureTenant& tenant : picture.tenants) {
    library.begin_object();
    library.member("name", tenant.name);
    library.member("place", tenant.place());
    library.member("moved", tenant.moved());
    library.member("fallen_back", tenant.state.fallen_back);
    library.member("gpu_lost", tenant.state.gpu_lost);
    library.member("memory_errors", tenant.state.memory_errors);
    library.member("longest_give_pause_seconds", seconds(tenant.state.give_pause));
    library.member("longest_restore_pause_seconds", seconds(tenant.state.restore_pause));
    library.end_object();
  }
  library.end_array();
  library.end_object();

  std::string out = status_document(picture.report);
  out.erase(out.rfind('}'));
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out + ",\n  \"library\": " + library.take() + "\n}\n";
}

}  // namespace spillway
