#include "wire/worker_frame.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/parse.h"
#include "json/writer.h"
#include "wire/fields.h"

namespace spillway {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kMostPools = 64;
constexpr std::size_t kMostUses = 1024;
constexpr std::size_t kMostEvents = 64;
constexpr std::size_t kMostFaults = 64;
constexpr std::size_t kMostCapabilities = 64;
constexpr std::size_t kLongestText = 512;
constexpr ParseLimits kLimits{.depth = 8, .values = 20'000};

template <class T>
void cut(std::vector<T>& list, std::size_t most) {
  if (list.size() > most) list.resize(most);
}

void cut(std::string& text) {
  if (text.size() > kLongestText) text.resize(kLongestText);
}

void cut(Error& error) {
  for (std::string* text : {&error.what, &error.where, &error.hint}) cut(*text);
}

/// Bytes that are no UTF-8 have become three each on their way through JSON.
bool is_short(const std::string& text) { return text.size() <= 3 * kLongestText; }

bool is_short(const Error& error) {
  return is_short(error.what) && is_short(error.where) && is_short(error.hint);
}

bool is_gpu(const PoolId& pool) {
  return pool.text.starts_with("vram:") && pool.text.size() <= 128 &&
         std::all_of(pool.text.begin(), pool.text.end(), [](char c) { return c > ' ' && c < 127; });
}

bool is_amount(const std::optional<Bytes>& figure) {
  return !figure || (*figure >= Bytes{} && *figure <= Bytes{std::int64_t{1} << 56});
}

/// Why it is no report of a worker's, or null.
const char* flaw(const DeviceReport& report) {
  const Snapshot& seen = report.seen;
  if (seen.pools.size() > kMostPools || seen.device_uses.size() > kMostUses ||
      seen.events.size() > kMostEvents || seen.faults.size() > kMostFaults ||
      report.capabilities.size() > kMostCapabilities || report.sensor.size() > 32) {
    return "too long a list";
  }
  for (const PoolReading& pool : seen.pools) {
    if (!is_gpu(pool.pool)) return "a pool that is no GPU's";
    if (!is_amount(pool.used) || !is_amount(pool.total) || !is_amount(pool.reserved) ||
        pool.cache || pool.swapped) {
      return "an impossible amount";
    }
    if (!pool.source.starts_with(report.sensor)) return "somebody else's reading";
  }
  for (const DeviceUse& use : seen.device_uses) {
    if (!is_gpu(use.pool)) return "a pool that is no GPU's";
    if (!is_amount(use.bytes) || !is_amount(use.evicted) || use.pid <= 0) {
      return "an impossible user";
    }
  }
  for (const KernelEvent& event : seen.events) {
    const bool about_gpu =
        event.kind == KernelEvent::Kind::xid && (!event.pool || is_gpu(*event.pool));
    if (!about_gpu || !is_short(event.text)) return "an event that is no GPU's";
  }
  for (const Fault& fault : seen.faults) {
    if (!fault.sensor.starts_with(report.sensor)) return "somebody else's fault";
    if (!is_short(fault.sensor) || !is_short(fault.error)) return "too long a text";
  }
  for (const Capability& capability : report.capabilities) {
    if (!is_short(capability.name) || !is_short(capability.reason)) return "too long a text";
  }
  return nullptr;
}

Result<std::vector<Capability>> read_capabilities(const Json& json) {
  std::vector<Capability> all;
  if (!json.is_array()) return fail(Errc::invalid, "not an array", "capabilities");
  for (const Json& one : json) {
    auto capability = from_json<Capability>(one);
    if (!capability) return tl::unexpected(std::move(capability).error());
    all.push_back(*std::move(capability));
  }
  return all;
}

/// Only what a worker may speak of.
Snapshot of_devices(Snapshot&& all, TimePoint now) {
  Snapshot seen;
  seen.at = std::min(all.at, now);
  seen.pools = std::move(all.pools);
  seen.device_uses = std::move(all.device_uses);
  seen.events = std::move(all.events);
  seen.faults = std::move(all.faults);
  for (PoolReading& pool : seen.pools) pool.taken = std::min(pool.taken, now);
  for (KernelEvent& event : seen.events) event.at = std::min(event.at, now);
  return seen;
}

std::string short_text(const Json& json, const char* key) {
  std::string text = text_or(json, key);
  cut(text);
  return text;
}

}  // namespace

std::string format_worker_frame(WorkerFrame frame) {
  Snapshot& seen = frame.report.seen;
  std::stable_sort(seen.device_uses.begin(), seen.device_uses.end(),
                   [](const DeviceUse& a, const DeviceUse& b) { return a.bytes > b.bytes; });
  cut(seen.pools, kMostPools);
  cut(seen.device_uses, kMostUses);
  cut(seen.events, kMostEvents);
  cut(seen.faults, kMostFaults);
  cut(frame.report.capabilities, kMostCapabilities);
  for (KernelEvent& event : seen.events) cut(event.text);
  for (Fault& fault : seen.faults) cut(fault.error);
  for (Capability& capability : frame.report.capabilities) cut(capability.reason);

  JsonWriter out;
  out.begin_object();
  out.member("v", kVersion);
  out.member("next", frame.next);
  out.member("within_ns", frame.within);
  if (!frame.report.sensor.empty()) {
    out.member("sensor", frame.report.sensor);
    out.key("seen");
    out.raw(to_compact_text(seen));
    out.key("capabilities");
    out.begin_array();
    for (const Capability& capability : frame.report.capabilities) out.raw(to_text(capability));
    out.end_array();
  }
  out.end_object();
  return out.take() + "\n";
}

Result<WorkerFrame> parse_worker_frame(std::string_view line, TimePoint now) {
  if (line.size() > kLongestFrame) return fail(Errc::invalid, "too long", "worker frame");
  const auto json = parse_document(line, kLimits);
  if (!json) return tl::unexpected(json.error());
  const auto version = i64_of(*json, "v");
  if (!version) return fail(Errc::invalid, "no version", "worker frame");
  if (*version != kVersion) {
    return fail(Errc::unsupported, "made by another version", "worker frame",
                "install spillwayd and spillway-worker of the same version");
  }
  const auto within = i64_of(*json, "within_ns");
  if (!within) return fail(Errc::invalid, "no promise", "worker frame");
  WorkerFrame frame;
  frame.next = short_text(*json, "next");
  frame.within = std::clamp(Duration(*within), Duration{}, kLongestPromise);
  frame.report.sensor = short_text(*json, "sensor");
  if (frame.report.sensor.empty()) return frame;
  auto seen = from_json<Snapshot>(json->value("seen", Json()));
  if (!seen) return tl::unexpected(std::move(seen).error());
  auto capabilities = read_capabilities(json->value("capabilities", Json()));
  if (!capabilities) return tl::unexpected(std::move(capabilities).error());
  frame.report.seen = of_devices(*std::move(seen), now);
  frame.report.capabilities = *std::move(capabilities);
  if (const char* why = flaw(frame.report)) return fail(Errc::invalid, why, "worker frame");
  return frame;
}

}  // namespace spillway
