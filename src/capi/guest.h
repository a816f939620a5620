#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "capi/error_ledger.h"
#include "capi/gate.h"
#include "capi/places.h"
#include "model/tenant.h"
#include "port/guest_link.h"
#include "spillway/spillway.h"

namespace spillway {

/// The functions a program registered for one tenant, with the pointer they get. The last user frees
/// it: that may be a callback that hung and returned long after everything else was gone.
struct TenantCallbacks {
  void* user = nullptr;
  void (*user_free)(void*) = nullptr;
  spillway_tenant_fn trim = nullptr, shrink = nullptr, offload = nullptr, restore = nullptr,
                     release = nullptr, unload = nullptr, preserve = nullptr;

  TenantCallbacks() = default;
  TenantCallbacks(const TenantCallbacks&) = delete;
  TenantCallbacks& operator=(const TenantCallbacks&) = delete;
  ~TenantCallbacks() {
    if (user_free != nullptr) user_free(user);
  }

  spillway_tenant_fn find(std::string_view verb) const;
  Abilities abilities() const;
};

struct GuestParts {
  std::string name;
  Places places;
  std::string place;  // where it is now; "" when it is not loaded
  std::unique_ptr<TenantCallbacks> callbacks;
  Duration idle_unload{};
  int error_limit = 3;
  Duration error_window = 10min;
  const Clock* clock = nullptr;   // outlives every thread that may be stuck in a callback
  const void* manager = nullptr;  // for CallbackScope
  /// Keeps what `preserve` gave; returns when it is safe. Any thread.
  std::function<Status(const std::string& name, std::string_view data)> keep;
};

/// What the guard must know of a tenant at every look.
struct GuestState {
  std::string place;
  std::vector<PoolChange> holds;
  std::vector<Taken> taken;  // what moved it from home, oldest first
  bool busy = false;
  std::optional<TimePoint> last_used;
  bool fallen_back = false;  // on the CPU, whatever its place is
  bool gpu_lost = false;     // and for good
  std::uint64_t memory_errors = 0;
  Duration give_pause{}, restore_pause{};  // the longest ones
  std::uint64_t version = 0;               // grows with every change of place, holds or fallen_back
};

/// One tenant inside its own program: asks it by its callbacks, keeps its requests and moves apart,
/// knows where it is. Any thread.
class Guest {
 public:
  explicit Guest(GuestParts parts);

  /// Asks on this thread and returns when it answered: callbacks know no deadline, `deadline` is for
  /// the requests that a move waits for. One at a time: Errc::unavailable while an earlier call has
  /// not returned. A restore is in two phases: the new copy is made while requests run, then the
  /// place is switched between requests, then the old copy is released.
  Result<GuestReply> ask(const GuestRequest& request, TimePoint deadline);
  /// As ask(), after waiting until an earlier call returned.
  Result<GuestReply> ask_in_turn(const GuestRequest& request, TimePoint deadline);
  /// Brings it to `place` by its restore callback, unless it has been loaded meanwhile.
  Status load(const std::string& place, TimePoint deadline);
  /// Unloads it because nobody uses it: nothing was taken that anybody would give back. The next
  /// request loads it.
  Status unload_idle(TimePoint deadline);

  /// Begins a request and tells its place; Errc::not_found when it is unloaded (nothing began).
  Result<std::string> enter(bool want_cpu);
  void leave();
  void touch();

  /// Counts a memory error; true when the tenant is on the CPU from now on.
  bool count_error();
  /// Its GPU is lost to this process: for good on the CPU.
  void lose_gpu();
  void reset_errors();

  void set_bytes(const PoolId& pool, Bytes bytes);
  GuestState state() const;
  /// A copy: set_bytes() changes it.
  Places places() const;
  Abilities abilities() const { return callbacks_->abilities(); }
  const std::string& name() const { return name_; }
  Duration idle_unload() const { return idle_unload_; }

  /// No callback begins any more. Waits for a running one until `deadline`, except inside it.
  void close(TimePoint deadline);

 private:
  class Turn;
  Result<GuestReply> perform(const GuestRequest& request, TimePoint deadline);
  Result<GuestReply> move(const GuestRequest& request, const std::string& to, TimePoint deadline);
  Result<GuestReply> restore(const GuestRequest& request, const std::string& to,
                             TimePoint deadline);
  Result<GuestReply> call(std::string_view verb, const GuestRequest& request,
                          const std::string& place);
  void arrive(const std::string& verb, const GuestReply& reply);
  /// Notes that a measure of this kind brought it to where it is; with mutex_ held.
  void take(Rung rung, std::vector<PoolChange> changes);

  const std::string name_;
  const std::shared_ptr<const TenantCallbacks> callbacks_;
  const Duration idle_unload_;
  const Clock& clock_;
  const void* const manager_;
  const std::function<Status(const std::string&, std::string_view)> keep_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();

  mutable std::mutex mutex_;  // guards all below; never held while calling
  std::condition_variable returned_;
  bool asking_ = false;
  bool closed_ = false;
  Places places_;
  std::string place_;
  std::vector<Taken> taken_;
  ErrorLedger errors_;
  bool gpu_lost_ = false;
  std::optional<TimePoint> last_used_;
  Duration give_pause_{}, restore_pause_{};
  std::uint64_t version_ = 1;
};

/// Fills in where the tenant is: variant, variants, holds and taken.
void describe_place(const Guest& guest, const GuestState& state, Tenant& tenant);

}  // namespace spillway
