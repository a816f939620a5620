#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spillway/model.hpp"
#include "spillway/status.hpp"
#include "spillway/types.hpp"

namespace spillway {
inline namespace v0 {

enum class Mode { automatic = SPILLWAY_MODE_AUTO, embedded = SPILLWAY_MODE_EMBEDDED };
enum class LogSeverity { debug, info, warning, error };

/// A pool that only this program knows: the file at `path` holds "USED CAPACITY" in bytes.
struct InjectedPool {
  std::string name;  // the pool is "injected:NAME"
  std::string path;
};

/// Thresholds of the pools whose name matches; 0 keeps the default.
struct PoolRule {
  std::string pool;  // "vram:*"
  double warning = 0, critical = 0, emergency = 0, shutdown = 0;
  double restore_below = 0;
  Bytes free_below = {};
};

/// As spillway_options; what is left alone has its default.
struct Options {
  std::chrono::milliseconds check_interval{};                     // 2 s
  double warning = 0, critical = 0, emergency = 0, shutdown = 0;  // 0.80, 0.90, 0.95, 0.98
  double restore_below = 0;                                       // 0.60
  std::vector<PoolRule> pool_rules = {};
  std::string program = {};
  Mode mode = Mode::automatic;
  std::string socket = {};
  bool only_given_pools = false;
  std::vector<InjectedPool> injected = {};
  std::vector<std::string> cgroups = {};
  std::chrono::milliseconds callback_deadline{};  // 5 s
  std::chrono::milliseconds error_window{};       // 10 min
  int error_limit = 0;                            // 3
  std::string state_dir = {};
  bool builtin_trims = true;
  bool dry_run = false;
  std::function<void(LogSeverity, const std::string&)> log = {};  // on the log thread
  LogSeverity log_threshold = LogSeverity::info;
  bool gpu_worker = true;
  Classifier classify = {};  // the program's own view of an error, for run()
};

/// The guard of a program that holds models. Any thread. The destructor waits for running callbacks
/// (a hung one until its deadline) and may run inside one.
class MemoryManager {
 public:
  explicit MemoryManager(const Options& options = {});
  MemoryManager(const MemoryManager&) = delete;
  MemoryManager& operator=(const MemoryManager&) = delete;

  spillway_manager* handle() const { return handle_.get(); }

  /// Calls `fn` (with const Status&, or nothing) each time the overall level rises to `level` or
  /// past it, or falls back to normal. On the callback thread, no lock held. The id is for off().
  template <class F>
  int on(Level level, F fn) {
    return subscribe(static_cast<int>(level),
                     [fn = std::move(fn)](Level, const Status& status) mutable {
                       if constexpr (std::invocable<F&, const Status&>) {
                         fn(status);
                       } else {
                         fn();
                       }
                     });
  }
  /// Calls `fn(Level now, const Status&)` at every change of the overall level.
  template <class F>
  int on_change(F fn) {
    return subscribe(SPILLWAY_ANY_LEVEL, std::move(fn));
  }
  /// Hands a readable report to `fn(const std::string&)` every `interval` (0: 5 min) while
  /// monitored or stepped.
  template <class F>
  int on_report(F fn, std::chrono::milliseconds interval = {});
  /// Removes a callback and waits for a running call of it, except inside that call.
  void off(int id) { spillway_off(handle_.get(), id); }

  void start_monitoring() { detail::check(spillway_start_monitoring(handle_.get())); }
  void stop() { detail::check(spillway_stop_monitoring(handle_.get())); }
  /// For programs with a loop of their own: looks and acts once without waiting; when to step
  /// again.
  std::chrono::milliseconds step() {
    std::int64_t next = 0;
    detail::check(spillway_step(handle_.get(), &next));
    return std::chrono::milliseconds(next);
  }
  /// To be polled for reading: step at once when it is ready.
  int wake_fd() const { return spillway_wake_fd(handle_.get()); }

  Status status() const {
    spillway_status* raw = nullptr;
    detail::check(spillway_get_status(handle_.get(), &raw));
    return Status(raw);
  }
  /// As of the latest look; does not wait.
  Level level() const { return static_cast<Level>(spillway_level(handle_.get())); }
  std::optional<Level> level(const std::string& pool) const {
    const int level = spillway_pool_level(handle_.get(), pool.c_str());
    return level < 0 ? std::nullopt : std::optional(static_cast<Level>(level));
  }
  void report_usage(const std::string& pool, Bytes allocated, Bytes reserved) {
    detail::check(
        spillway_report_usage(handle_.get(), pool.c_str(), allocated.count, reserved.count));
  }
  void reset_peaks() { detail::check(spillway_reset_peaks(handle_.get())); }

  /// Throws Error when the options make no sense.
  [[nodiscard]] Model register_model(const ModelOptions& options) {
    return Model(handle_.get(), options, classifier_);
  }

  /// Gives memory back now and waits; what was measured, which may be less than asked for.
  Bytes free(const std::string& pool, Bytes bytes, std::chrono::milliseconds timeout = {}) {
    std::int64_t freed = 0;
    const int code =
        spillway_free_memory(handle_.get(), pool.c_str(), bytes.count, timeout.count(), &freed);
    if (code != SPILLWAY_E_REFUSED && code != SPILLWAY_E_TIMED_OUT) detail::check(code);
    return Bytes(freed);
  }
  /// The trims that need no callback (malloc_trim and its kin), on this thread.
  void trim() { detail::check(spillway_trim(handle_.get())); }
  /// Whether all that was taken is back.
  bool restore_all(std::chrono::milliseconds timeout = {}) {
    const int code = spillway_restore_all(handle_.get(), timeout.count());
    if (code != SPILLWAY_E_REFUSED && code != SPILLWAY_E_TIMED_OUT) detail::check(code);
    return code == SPILLWAY_OK;
  }
  void reset_errors() { detail::check(spillway_reset_all_errors(handle_.get())); }

  /// What `preserve` of the model of this name gave in an earlier life of the program.
  std::optional<std::string> restored_state(const std::string& name) const {
    void* data = nullptr;
    std::size_t size = 0;
    const int code = spillway_restored_state(handle_.get(), name.c_str(), &data, &size);
    if (code == SPILLWAY_E_NOT_FOUND) return std::nullopt;
    detail::check(code);
    const std::unique_ptr<void, void (*)(void*)> owner(data, spillway_free);
    return std::string(static_cast<const char*>(data), size);
  }
  void forget_state(const std::string& name) {
    detail::check(spillway_forget_state(handle_.get(), name.c_str()));
  }
  void preserve_all(std::chrono::milliseconds timeout = {}) {
    detail::check(spillway_preserve_all(handle_.get(), timeout.count()));
  }

 private:
  template <class F>
  int subscribe(int level, F fn);

  struct Destroy {
    void operator()(spillway_manager* manager) const { spillway_manager_destroy(manager); }
  };
  std::shared_ptr<const Classifier> classifier_;
  std::unique_ptr<spillway_manager, Destroy> handle_;
};

namespace detail {

/// The guard is no place for a callback's exception to end the program in: it costs that one call.
template <class Call>
void guarded(const Call& call) noexcept {
  try {
    call();
  } catch (...) {
  }
}

}  // namespace detail

inline MemoryManager::MemoryManager(const Options& options) {
  std::vector<spillway_pool_rule> rules;
  for (const PoolRule& rule : options.pool_rules) {
    rules.push_back({sizeof(spillway_pool_rule), rule.pool.c_str(), rule.warning, rule.critical,
                     rule.emergency, rule.shutdown, rule.restore_below, rule.free_below.count});
  }
  std::vector<spillway_injected_pool> injected;
  for (const InjectedPool& pool : options.injected) {
    injected.push_back({sizeof(spillway_injected_pool), pool.name.c_str(), pool.path.c_str()});
  }
  std::vector<const char*> cgroups;
  for (const std::string& path : options.cgroups) cgroups.push_back(path.c_str());

  const auto or_null = [](const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
  };
  auto raw = detail::sized<spillway_options>();
  raw.program = or_null(options.program);
  raw.mode = static_cast<int>(options.mode);
  raw.socket = or_null(options.socket);
  raw.check_interval_ms = options.check_interval.count();
  raw.warning = options.warning;
  raw.critical = options.critical;
  raw.emergency = options.emergency;
  raw.shutdown = options.shutdown;
  raw.restore_below = options.restore_below;
  raw.pool_rules = rules.data();
  raw.pool_rule_count = rules.size();
  raw.only_given_pools = options.only_given_pools ? 1 : 0;
  raw.injected = injected.data();
  raw.injected_count = injected.size();
  raw.cgroups = cgroups.data();
  raw.cgroup_count = cgroups.size();
  raw.callback_deadline_ms = options.callback_deadline.count();
  raw.error_window_ms = options.error_window.count();
  raw.error_limit = options.error_limit;
  raw.state_dir = or_null(options.state_dir);
  raw.no_builtin_trims = options.builtin_trims ? 0 : 1;
  raw.no_gpu_worker = options.gpu_worker ? 0 : 1;
  raw.dry_run = options.dry_run ? 1 : 0;
  raw.log_threshold = static_cast<int>(options.log_threshold);

  using Sink = std::function<void(LogSeverity, const std::string&)>;
  std::unique_ptr<Sink> sink;
  if (options.log) {
    sink = std::make_unique<Sink>(options.log);
    raw.log = [](void* user, int severity, const char* text) {
      detail::guarded(
          [&] { (*static_cast<Sink*>(user))(static_cast<LogSeverity>(severity), text); });
    };
    raw.log_user = sink.get();
    raw.log_user_free = detail::free_as<Sink>;
  }
  if (options.classify) classifier_ = std::make_shared<const Classifier>(options.classify);

  spillway_manager* handle = nullptr;
  detail::check(spillway_manager_create(&raw, &handle));
  static_cast<void>(sink.release());  // the library's now
  handle_.reset(handle);
}

template <class F>
int MemoryManager::subscribe(int level, F fn) {
  auto closure = std::make_unique<F>(std::move(fn));
  const int id = detail::check(spillway_on_level(
      handle_.get(), level,
      [](void* user, int now, const spillway_status* status) {
        detail::guarded(
            [&] { (*static_cast<F*>(user))(static_cast<Level>(now), Status::keep(status)); });
      },
      closure.get(), detail::free_as<F>));
  static_cast<void>(closure.release());
  return id;
}

template <class F>
int MemoryManager::on_report(F fn, std::chrono::milliseconds interval) {
  auto closure = std::make_unique<F>(std::move(fn));
  const int id = detail::check(spillway_on_report(
      handle_.get(), interval.count(),
      [](void* user, const char* text) {
        detail::guarded([&] { (*static_cast<F*>(user))(std::string(text)); });
      },
      closure.get(), detail::free_as<F>));
  static_cast<void>(closure.release());
  return id;
}

}  // namespace v0
}  // namespace spillway
