#include "json/status_json.h"

#include <algorithm>

#include "json/names.h"
#include "json/writer.h"

namespace spillway {
namespace {

/// Writes the parts of one report; moments are turned into wall-clock times by way of report.now.
class Document {
 public:
  Document(const StatusReport& report, int indent) : report_(report), out_(indent) {}

  std::string status() {
    begin("spillway.status/1");
    out_.member("source", report_.source);
    out_.member("version", report_.version);
    out_.member("uptime_seconds", seconds(report_.uptime));
    out_.member("level", name(report_.level));
    out_.member("dry_run", report_.dry_run);
    list("pools", report_.pools);
    list("stalls", report_.stalls);
    out_.key("memory");
    object(report_.memory);
    list("tenants", report_.tenants);
    list("owners", report_.owners);
    list("device_uses", report_.device_uses);
    list("running", report_.running);
    list("capabilities", report_.capabilities);
    list("faults", report_.faults);
    out_.key("counters");
    object(report_.counters);
    return end();
  }

  std::string ps() {
    begin("spillway.ps/1");
    out_.member("source", report_.source);
    list("tenants", report_.tenants);
    return end();
  }

 private:
  void begin(std::string_view schema) {
    out_.begin_object();
    out_.member("schema", schema);
    out_.member("time", report_.at);
  }
  std::string end() {
    out_.end_object();
    return out_.take() + "\n";
  }

  template <class T>
  void list(std::string_view key, const std::vector<T>& items) {
    out_.key(key);
    out_.begin_array();
    for (const T& item : items) object(item);
    out_.end_array();
  }

  template <class T>
  void object(const T& x) {
    out_.begin_object();
    members(x);
    out_.end_object();
  }

  /// A moment of the monotonic line; null without the report's own moment to count from.
  void moment(std::string_view key, std::optional<TimePoint> at) {
    std::optional<WallTime> wall;
    if (at && report_.now != TimePoint{}) {
      wall = WallTime{report_.at.unix_ns - (report_.now - *at).count()};
    }
    out_.member(key, wall);
  }

  void span(std::string_view key, std::optional<Duration> length) {
    out_.member(key, length ? std::optional(seconds(*length)) : std::nullopt);
  }

  void words(std::string_view key, const std::string& text) {
    out_.member(key, text.empty() ? std::nullopt : std::optional(text));
  }

  void members(const PoolStatus& x) {
    const PoolAssessment& a = x.assessment;
    out_.member("pool", a.pool.text);
    out_.member("kind", name(a.pool.kind()));
    out_.member("level", name(a.level));
    moment("since", a.since == TimePoint{} ? std::nullopt : std::optional(a.since));
    out_.member("cause", name(a.cause));
    out_.member("used_bytes", a.used);
    out_.member("total_bytes", a.total);
    out_.member("free_bytes", a.free);
    out_.member("reserved_bytes", x.reserved);
    out_.member("cache_bytes", x.cache);
    out_.member("used_ratio", a.share);
    out_.member("growth_bytes_per_second", a.growth);
    span("full_in_seconds", a.full_in);
    out_.member("excess_bytes", a.excess);
    out_.member("room_bytes", a.room);
    out_.member("to_next_bytes", a.to_next);
    out_.member("shape", a.shape == Shape::unknown ? std::nullopt : std::optional(name(a.shape)));
    words("evidence", a.evidence);
    words("source", x.source);
    span("age_seconds", x.age);
    span("unknown_for_seconds", a.unknown_since);
  }

  void members(const StallStatus& x) {
    out_.member("resource", name(x.resource));
    out_.member("scope", x.scope ? std::optional(x.scope->text) : std::nullopt);
    out_.member("some_ratio", x.some);
    out_.member("full_ratio", x.full);
  }

  void members(const MemoryDetail& x) {
    out_.member("free_bytes", x.free);
    out_.member("available_bytes", x.available);
    out_.member("anon_bytes", x.anon);
    out_.member("cached_bytes", x.cached);
    out_.member("buffers_bytes", x.buffers);
    out_.member("reclaimable_slab_bytes", x.reclaimable_slab);
    out_.member("shmem_bytes", x.shmem);
    out_.member("dirty_bytes", x.dirty);
    out_.member("unevictable_bytes", x.unevictable);
    out_.member("zfs_reclaimable_bytes", x.zfs_reclaimable);
    out_.member("zram_data_bytes", x.zram_data);
    out_.member("zram_physical_bytes", x.zram_physical);
  }

  void members(const Tenant& x) {
    out_.member("tenant", x.id.text);
    out_.member("pid", x.process ? std::optional(x.process->pid) : std::nullopt);
    out_.member("uid", x.uid);
    out_.member("priority", x.priority);
    out_.member("pinned", x.pinned);
    out_.member("busy", x.busy);
    out_.member("connected", x.connected);
    out_.member("resident", std::none_of(x.taken.begin(), x.taken.end(), takes_it_away));
    words("variant", x.variant);
    words("cgroup", x.cgroup);
    list("holds", x.holds);
    list("peaks", x.peaks);
    out_.member("trimmable_bytes", x.trimmable);
    moment("registered", x.registered == TimePoint{} ? std::nullopt : std::optional(x.registered));
    moment("last_used", x.last_used);
    std::optional<Duration> idle;
    if (x.last_used && !x.busy && report_.now != TimePoint{}) idle = report_.now - *x.last_used;
    span("idle_seconds", idle);
    list("taken", x.taken);
  }

  /// Measures after which a request does not find the model where it used to be.
  static bool takes_it_away(const Taken& taken) {
    return taken.rung == Rung::unload_idle || taken.rung == Rung::offload ||
           taken.rung == Rung::spill || taken.rung == Rung::evict || taken.rung == Rung::freeze ||
           taken.rung == Rung::stop;
  }

  void members(const Taken& x) {
    out_.member("rung", name(x.rung));
    out_.member("action", x.action);
    words("detail", x.detail);
    moment("since", x.since);
    list("changes", x.changes);
  }

  void members(const PoolChange& x) {
    out_.member("pool", x.pool.text);
    out_.member("bytes", x.delta);
  }

  void members(const ProcessReading& x) {
    out_.member("pid", x.key.pid);
    out_.member("uid", x.uid);
    out_.member("name", x.name);
    words("cgroup", x.cgroup);
    out_.member("rss_bytes", x.rss);
    out_.member("pss_bytes", x.pss);
    out_.member("swap_bytes", x.swap);
    out_.member("oom_score_adj", x.oom_score_adj);
  }

  void members(const DeviceUse& x) {
    out_.member("pool", x.pool.text);
    out_.member("pid", x.pid);
    out_.member("used_bytes", x.bytes);
    out_.member("evicted_bytes", x.evicted);
  }

  void members(const Step& x) {
    out_.member("id", x.id);
    out_.member("direction", name(x.direction));
    out_.member("rung", name(x.rung));
    words("action", x.action);
    words("tenant", x.tenant.text);
    words("pool", x.pool.text);
    out_.member("level", name(x.level));
    out_.member("target_bytes", x.target);
    list("estimate", x.estimate);
    span("deadline_seconds", x.deadline);
    words("reason", x.reason);
  }

  void members(const Capability& x) {
    out_.member("name", x.name);
    out_.member("available", x.available);
    words("reason", x.reason);
  }

  void members(const Fault& x) {
    out_.member("sensor", x.sensor);
    out_.member("code", name(x.error.code));
    out_.member("message", x.error.what);
    words("where", x.error.where);
    words("hint", x.error.hint);
  }

  void members(const Counters& x) {
    out_.member("looks", x.looks);
    out_.member("steps", x.steps);
    out_.member("steps_failed", x.steps_failed);
    out_.member("restores", x.restores);
    out_.member("kills", x.kills);
    out_.member("given_back_bytes", x.given_back);
    out_.member("restored_bytes", x.restored);
    out_.member("kernel_oom_kills", x.kernel_oom_kills);
  }

  const StatusReport& report_;
  JsonWriter out_;
};

}  // namespace

std::string status_document(const StatusReport& report, int indent) {
  return Document(report, indent).status();
}

std::string ps_document(const StatusReport& report, int indent) {
  return Document(report, indent).ps();
}

}  // namespace spillway
