#include "record/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace spillway {
namespace {

constexpr std::size_t kMostKeys = 500;

using Label = std::pair<std::string_view, std::string_view>;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

/// One metric: its head is written with its first sample, so that a metric without any is absent.
class Metric {
 public:
  Metric(std::string& out, std::string name, std::string_view type, std::string_view help)
      : out_(out), name_(std::move(name)), type_(type), help_(help) {}

  void add(const std::vector<Label>& labels, double value, std::string_view suffix = "") {
    if (!std::exchange(begun_, true)) {
      out_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help_, type_);
    }
    out_ += name_;
    out_ += suffix;
    const char* separator = "{";
    for (const auto& [label, text] : labels) {
      out_ += fmt::format("{}{}=\"{}\"", separator, label, escaped(text));
      separator = ",";
    }
    out_ += fmt::format("{} {}\n", !labels.empty() ? "}" : "", value);
  }
  void add(const std::vector<Label>& labels, std::optional<Bytes> bytes) {
    if (bytes) add(labels, static_cast<double>(bytes->count));
  }
  void add(const std::vector<Label>& labels, Bytes bytes) {
    add(labels, static_cast<double>(bytes.count));
  }

 private:
  std::string& out_;
  std::string name_;
  std::string_view type_;
  std::string_view help_;
  bool begun_ = false;
};

class Exposition {
 public:
  Exposition(const StatusReport& report, const ActionMetrics& actions)
      : report_(report), actions_(actions) {}

  std::string write() {
    metric("build_info", "gauge", "The program that is watching.")
        .add({{"version", report_.version}, {"source", report_.source}}, 1);
    metric("uptime_seconds", "gauge", "Since it started to watch.")
        .add({}, seconds(report_.uptime));
    pools();
    stalls();
    zram();
    tenants();
    measures();
    sensors();
    return std::move(out_);
  }

 private:
  Metric metric(std::string_view name, std::string_view type, std::string_view help) {
    return {out_, fmt::format("spillway_{}", name), type, help};
  }

  /// One series per pool and figure; VRAM also under the names that GPU dashboards look for.
  template <class Figure>
  void pool_bytes(std::string_view what, std::string_view help, Figure figure) {
    Metric pool = metric(fmt::format("pool_{}_bytes", what), "gauge", help);
    for (const PoolStatus& x : report_.pools)
      pool.add({{"pool", x.assessment.pool.text}}, figure(x));
    Metric gpu = metric(fmt::format("gpu_memory_{}_bytes", what), "gauge", help);
    for (const PoolStatus& x : report_.pools) {
      const PoolId& id = x.assessment.pool;
      if (id.kind() != PoolKind::vram) continue;
      gpu.add({{"gpu", std::string_view(id.text).substr(id.text.find(':') + 1)}}, figure(x));
    }
  }

  void pools() {
    pool_bytes("total", "Capacity or limit.",
               [](const PoolStatus& x) { return x.assessment.total; });
    pool_bytes("used", "In use.", [](const PoolStatus& x) { return x.assessment.used; });
    pool_bytes("free", "Free.", [](const PoolStatus& x) { return x.assessment.free; });
    pool_bytes("reserved", "The driver's or kernel's own share.",
               [](const PoolStatus& x) { return x.reserved; });
    Metric level = metric("pressure_level", "gauge",
                          "0 normal, 1 warning, 2 critical, 3 emergency, 4 shutdown.");
    for (const PoolStatus& x : report_.pools) {
      level.add({{"resource", x.assessment.pool.text}},
                static_cast<double>(index(x.assessment.level)));
    }
    Metric headroom = metric("headroom_seconds", "gauge", "Until full at the present rate.");
    for (const PoolStatus& x : report_.pools) {
      if (!x.assessment.full_in) continue;
      headroom.add({{"resource", x.assessment.pool.text}}, seconds(*x.assessment.full_in));
    }
  }

  void stalls() {
    Metric stall =
        metric("stall_ratio", "gauge", "Share of the last window in which tasks waited.");
    for (const StallStatus& x : report_.stalls) {
      const std::string_view resource = x.resource == StallResource::memory ? "memory"
                                        : x.resource == StallResource::io   ? "io"
                                                                            : "cpu";
      const std::string_view scope = x.scope ? std::string_view(x.scope->text) : "system";
      stall.add({{"resource", resource}, {"scope", scope}, {"kind", "some"}}, x.some);
      stall.add({{"resource", resource}, {"scope", scope}, {"kind", "full"}}, x.full);
    }
  }

  void zram() {
    metric("zram_data_bytes", "gauge", "In zram before compression.")
        .add({}, report_.memory.zram_data);
    metric("zram_compressed_bytes", "gauge", "The same after compression.")
        .add({}, report_.memory.zram_physical);
  }

  void tenants() {
    tenant_bytes(PoolKind::vram, "gpu_memory_bytes", "Device memory that it holds.");
    tenant_bytes(PoolKind::ram, "resident_memory_bytes", "RAM that it holds.");
    tenant_bytes(PoolKind::swap, "swap_bytes", "Swap that it holds.");
    Metric loaded = metric("tenant_loaded", "gauge", "1 unless something is taken from it.");
    for (const Tenant& x : report_.tenants) {
      loaded.add({{"tenant", x.id.text}}, x.taken.empty() ? 1 : 0);
    }
    Metric idle = metric("tenant_idle_seconds", "gauge", "Since its last request; 0 during one.");
    for (const Tenant& x : report_.tenants) {
      if (!x.busy && (!x.last_used || report_.now == TimePoint{})) continue;
      idle.add({{"tenant", x.id.text}}, x.busy ? 0 : seconds(report_.now - *x.last_used));
    }
  }

  void tenant_bytes(PoolKind kind, std::string_view name, std::string_view help) {
    Metric bytes = metric(fmt::format("tenant_{}", name), "gauge", help);
    for (const Tenant& x : report_.tenants) {
      std::map<PoolId, Bytes> holds;
      for (const PoolChange& hold : x.holds) {
        if (hold.pool.kind() == kind) holds[hold.pool] += hold.delta;
      }
      for (const auto& [pool, held] : holds) {
        const std::string_view gpu = std::string_view(pool.text).substr(pool.text.find(':') + 1);
        if (kind == PoolKind::vram) {
          bytes.add({{"tenant", x.id.text}, {"gpu", gpu}}, held);
        } else {
          bytes.add({{"tenant", x.id.text}}, held);
        }
      }
    }
  }

  static std::vector<Label> labels(const ActionMetrics::Key& key) {
    return {{"action", key.action}, {"resource", key.resource}, {"result", key.result}};
  }

  void measures() {
    Metric count = metric("actions_total", "counter", "Measures that ended.");
    for (const auto& [key, totals] : actions_.totals()) {
      count.add(labels(key), static_cast<double>(totals.count));
    }
    Metric freed = metric("freed_bytes_total", "counter", "Given back, of the pool concerned.");
    for (const auto& [key, totals] : actions_.totals()) freed.add(labels(key), totals.freed);
    Metric charged = metric("restored_bytes_total", "counter", "Put back, of the pool concerned.");
    for (const auto& [key, totals] : actions_.totals()) charged.add(labels(key), totals.charged);
    Metric took = metric("action_duration_seconds", "summary", "How long measures took.");
    for (const auto& [key, totals] : actions_.totals()) {
      took.add(labels(key), totals.seconds, "_sum");
      took.add(labels(key), static_cast<double>(totals.count), "_count");
    }
    metric("looks_total", "counter", "Readings taken.")
        .add({}, static_cast<double>(report_.counters.looks));
    metric("kills_total", "counter", "Processes that were stopped as the last rung.")
        .add({}, static_cast<double>(report_.counters.kills));
    metric("oom_events_total", "counter", "Out-of-memory kills by others.")
        .add({{"kind", "kernel"}}, static_cast<double>(report_.counters.kernel_oom_kills));
  }

  void sensors() {
    std::set<std::string> names;
    for (const PoolStatus& x : report_.pools) {
      if (!x.source.empty()) names.insert(x.source);
    }
    std::set<std::string> failed;
    for (const Fault& fault : report_.faults) failed.insert(fault.sensor);
    names.insert(failed.begin(), failed.end());
    Metric up = metric("sensor_up", "gauge", "1 when its last reading succeeded.");
    for (const std::string& name : names) {
      up.add({{"sensor", name}}, failed.contains(name) ? 0 : 1);
    }
  }

  const StatusReport& report_;
  const ActionMetrics& actions_;
  std::string out_;
};

}  // namespace

void ActionMetrics::take(const Event& event) {
  const auto* ended = std::get_if<StepEnded>(&event);
  if (ended == nullptr) return;
  const Step& step = ended->step;
  const Outcome& outcome = ended->outcome;
  // A conversation's or a program's own pools come and go without bound; their kinds do not.
  const bool lasting = step.pool.kind() != PoolKind::context;
  Key key{step.action, lasting ? step.pool.text : std::string(name(step.pool.kind())),
          std::string(name(outcome.status))};
  if (!totals_.contains(key) && totals_.size() >= kMostKeys) key = {"other", "", key.result};

  Totals& totals = totals_[key];
  ++totals.count;
  totals.seconds += seconds(outcome.took);
  const auto& changes = outcome.measured.empty() ? outcome.claimed : outcome.measured;
  for (const PoolChange& change : changes) {
    if (change.pool != step.pool) continue;
    (change.delta < Bytes{} ? totals.freed : totals.charged) +=
        change.delta < Bytes{} ? -change.delta : change.delta;
  }
}

std::string exposition(const StatusReport& report, const ActionMetrics& actions) {
  return Exposition(report, actions).write();
}

}  // namespace spillway
