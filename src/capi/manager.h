#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "act/preserve_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "capi/embedded.h"
#include "capi/guest_book.h"
#include "capi/joined.h"
#include "capi/notifier.h"
#include "capi/options.h"
#include "capi/status_picture.h"
#include "capi/usage_book.h"

namespace spillway {

/// A tenant as its program describes it at registration.
struct TenantSpec {
  std::string name;
  std::string pool;  // "": VRAM where there is some, else RAM
  Bytes bytes;
  std::vector<Variant> variants;  // their pool "" is the tenant's own
  std::optional<std::string> variant;
  int priority = 0;
  bool pinned = false;
  bool stop_allowed = false;
  Duration idle_unload{};
  std::unique_ptr<TenantCallbacks> callbacks;
};

/// What stands behind the C interface. Any thread unless said otherwise. Locks: `stepping_` around
/// the backend; the tenants', listeners' and guests' own inside of it, and none of them while a
/// function of the program is called.
class Manager : public std::enable_shared_from_this<Manager> {
 public:
  /// `clock` outlives every thread that hangs in a callback: it is static, or a test's.
  static Result<std::shared_ptr<Manager>> create(ManagerOptions options, const Clock& clock);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  Status start();
  void stop();
  /// Ends everything; see spillway_manager_destroy. Once.
  void close();
  /// One look, and when the next is due. Not while monitored.
  Result<Duration> step();
  int wake_fd() const { return embedded_->wakes().fd(); }
  bool monitored() const { return monitored_; }
  /// This thread is inside one of its callbacks: waiting for a step would be waiting for itself.
  bool inside_callback() const;

  /// `level` as spillway_on_level; the id for unsubscribe().
  int subscribe(int level, spillway_level_fn callback, std::shared_ptr<Listener> listener);
  /// As spillway_on_report: an interval of zero is the usual one.
  int subscribe_report(Duration interval, spillway_report_fn callback,
                       std::shared_ptr<Listener> listener);
  Status unsubscribe(int id);

  Level level() const { return level_; }
  std::optional<Level> level_of(const std::string& pool) const;
  StatusPicture picture();
  void report_usage(const PoolId& pool, Bytes allocated, Bytes reserved);
  void reset_peaks() { usage_.reset_peaks(); }

  Result<std::shared_ptr<Guest>> add(TenantSpec spec);
  void remove(const std::shared_ptr<Guest>& guest);
  Status set_pinned(const std::string& tenant, bool pinned);
  Status set_priority(const std::string& tenant, int priority);
  Status set_trimmable(const std::string& tenant, std::optional<Bytes> bytes);

  /// Waits, stepping itself when nobody else does. Not inside a callback.
  Result<DemandResult> await(Demand demand, Duration timeout);
  Status offload(const std::string& tenant, Duration timeout);
  Status restore(const std::string& tenant, Duration timeout);
  Status restore_all(Duration timeout);
  Status preserve_all(Duration timeout);
  void trim();

  /// Loads an unloaded tenant for a request, making room for it first.
  Status load(Guest& guest);
  /// A SPILLWAY_ verdict; see spillway_handle_error.
  int handle_error(Guest& guest, spillway_request* request, std::string_view message, int kind);
  void reset_errors();

  PreserveStore* store() { return store_.get(); }
  Duration callback_deadline() const { return options_.policy.ladder.step_deadline; }

 private:
  struct Registered {
    std::shared_ptr<Guest> guest;
    int priority = 0;
    bool pinned = false;
    bool stop_allowed = false;
    std::optional<Bytes> trimmable;
    TimePoint since;
    std::uint64_t told = 0;  // the guest's version that the backend knows
    bool told_busy = false;
    std::optional<TimePoint> told_used;
    bool dirty = true;       // something else changed
    TimePoint unload_asked;  // because it was idle
  };
  struct Subscriber {
    int level = 0;  // or a report's
    spillway_level_fn on_level = nullptr;
    spillway_report_fn on_report = nullptr;
    Duration interval{};
    TimePoint due;
    std::shared_ptr<Listener> listener;
  };

  Manager(ManagerOptions options, const Clock& clock);
  void finish();
  void monitor();
  /// With stepping_ held.
  TimePoint step_locked(bool fired);
  Backend& backend();
  /// Joins the daemon where one answers by now, goes on alone where it is gone.
  void choose_backend(TimePoint now);
  void tell_backend();
  void tell_all_again();
  void refresh_allocator(TimePoint now);
  /// Unloads what has been idle for longer than it wished; when the next one is due.
  TimePoint unload_idle(TimePoint now);
  void after_look();
  void notify(Level from, Level to);
  /// When the next one is due.
  TimePoint send_reports(TimePoint now);
  Tenant describe(const Registered& registered, const GuestState& state) const;
  StatusPicture picture_locked();
  Status change(const std::string& tenant, const std::function<void(Registered&)>& edit);
  PoolId own_pool(const std::string& asked);
  std::string unique_name(const std::string& wanted) const;
  void add_allocator();
  Status make_room(const std::vector<PoolChange>& needs, const Guest& asker);
  void make_room_after(Guest& guest, std::string_view message, bool on_the_cpu);
  int give_up_gpu(Guest& guest, spillway_request* request, std::string_view message);
  /// Asks all of them at once, on threads of their own that are left behind when they hang.
  Status ask_all(const std::vector<std::shared_ptr<Guest>>& guests, const std::string& verb,
                 const std::string& reason, TimePoint deadline);
  std::vector<std::shared_ptr<Guest>> guests() const;

  const ManagerOptions options_;
  const Clock& clock_;
  const std::shared_ptr<Listener> log_user_;
  const std::shared_ptr<Log> log_;
  const std::shared_ptr<PreserveStore> store_;  // null without a place for it
  const std::string own_group_ = own_group();
  const std::shared_ptr<GuestBook> book_ = std::make_shared<GuestBook>();
  UsageBook usage_;
  std::unique_ptr<Notifier> notifier_;

  std::mutex stepping_;  // the backend; whoever holds it is the engine's thread
  std::unique_ptr<Embedded> embedded_;
  std::unique_ptr<Joined> joined_;  // while a daemon answers
  TimePoint join_due_;
  bool looked_ = false;

  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, Registered> tenants_;
  std::map<int, Subscriber> subscribers_;
  int last_id_ = 0;
  std::map<PoolId, Level> levels_;
  std::shared_ptr<Guest> allocator_;
  TimePoint allocator_due_, heap_due_;

  std::atomic<Level> level_{Level::normal};
  std::atomic<bool> monitored_{false};
  std::atomic<bool> closing_{false};
  std::mutex starting_;  // start(), stop()
  std::thread monitor_;
};

}  // namespace spillway
