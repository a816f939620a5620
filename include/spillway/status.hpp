#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spillway/types.hpp"

namespace spillway {
inline namespace v0 {

/// One pool at one moment; what is not known is absent.
struct PoolStatus {
  std::string pool;
  Level level = Level::normal;
  std::optional<Bytes> used, total, free, reserved;
  std::optional<double> share;                            // used / (total - reserved), 0..1
  std::optional<double> growth;                           // bytes per second
  std::optional<std::chrono::milliseconds> full_in;       // at that rate
  std::optional<Bytes> peak_used;                         // since start or reset_peaks()
  std::optional<Bytes> allocated, reserved_by_framework;  // the last report_usage()
  std::optional<Bytes> peak_allocated, peak_reserved;
};

/// One model at one moment.
struct ModelStatus {
  std::string name;
  Place place;
  bool moved = false, busy = false, fallen_back = false, pinned = false;
  int priority = 0;
  Bytes bytes;  // in its own pool
  std::int64_t memory_errors = 0;
  std::chrono::milliseconds longest_give_pause{}, longest_restore_pause{};
};

/// A picture of one moment that never changes. Cheap to copy; any thread.
class Status {
 public:
  /// Takes the handle over.
  explicit Status(spillway_status* handle) : handle_(handle, spillway_status_free) {}
  /// The picture lent to a callback.
  static Status keep(const spillway_status* borrowed) {
    return Status(spillway_status_keep(borrowed));
  }

  Level level() const { return static_cast<Level>(spillway_status_level(handle_.get())); }
  /// One line: "warning: ram 13.1 of 15.6 GiB (84 %), full in 12 s".
  std::string summary() const { return spillway_status_summary(handle_.get()); }
  /// A readable block of lines.
  std::string text() const { return spillway_status_text(handle_.get()); }
  /// As `spillway status --json` prints.
  std::string json() const { return spillway_status_json(handle_.get()); }

  std::vector<PoolStatus> pools() const {
    std::vector<PoolStatus> out;
    for (std::size_t i = 0; i < spillway_status_pool_count(handle_.get()); ++i) {
      auto raw = detail::sized<spillway_pool_status>();
      detail::check(spillway_status_pool(handle_.get(), i, &raw));
      out.push_back({.pool = raw.pool,
                     .level = static_cast<Level>(raw.level),
                     .used = known(raw.used),
                     .total = known(raw.total),
                     .free = known(raw.free),
                     .reserved = known(raw.reserved),
                     .share = raw.share < 0 ? std::nullopt : std::optional(raw.share),
                     .growth = std::isnan(raw.growth) ? std::nullopt : std::optional(raw.growth),
                     .full_in = raw.full_in_ms < 0
                                    ? std::nullopt
                                    : std::optional(std::chrono::milliseconds(raw.full_in_ms)),
                     .peak_used = known(raw.peak_used),
                     .allocated = known(raw.framework_allocated),
                     .reserved_by_framework = known(raw.framework_reserved),
                     .peak_allocated = known(raw.peak_allocated),
                     .peak_reserved = known(raw.peak_reserved)});
    }
    return out;
  }

  std::optional<PoolStatus> pool(std::string_view name) const {
    for (PoolStatus& pool : pools()) {
      if (pool.pool == name) return std::move(pool);
    }
    return std::nullopt;
  }

  std::vector<ModelStatus> models() const {
    std::vector<ModelStatus> out;
    for (std::size_t i = 0; i < spillway_status_tenant_count(handle_.get()); ++i) {
      auto raw = detail::sized<spillway_tenant_status>();
      detail::check(spillway_status_tenant(handle_.get(), i, &raw));
      out.push_back(
          {.name = raw.name,
           .place = {raw.place, raw.on_cpu != 0},
           .moved = raw.moved != 0,
           .busy = raw.busy != 0,
           .fallen_back = raw.fallen_back != 0,
           .pinned = raw.pinned != 0,
           .priority = raw.priority,
           .bytes = Bytes(raw.bytes),
           .memory_errors = raw.memory_errors,
           .longest_give_pause = std::chrono::milliseconds(raw.longest_give_pause_ms),
           .longest_restore_pause = std::chrono::milliseconds(raw.longest_restore_pause_ms)});
    }
    return out;
  }

  std::optional<ModelStatus> model(std::string_view name) const {
    for (ModelStatus& model : models()) {
      if (model.name == name) return std::move(model);
    }
    return std::nullopt;
  }

 private:
  static std::optional<Bytes> known(std::int64_t bytes) {
    return bytes < 0 ? std::nullopt : std::optional(Bytes(bytes));
  }

  std::shared_ptr<spillway_status> handle_;
};

}  // namespace v0
}  // namespace spillway
