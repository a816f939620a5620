#include "capi/guest.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "capi/callback_scope.h"
#include "capi/errors.h"
#include "capi/reply.h"

namespace spillway {

spillway_tenant_fn TenantCallbacks::find(std::string_view verb) const {
  const std::pair<std::string_view, spillway_tenant_fn> table[] = {
      {"trim", trim},       {"shrink", shrink}, {"offload", offload},  {"restore", restore},
      {"release", release}, {"unload", unload}, {"preserve", preserve}};
  for (const auto& [known, function] : table) {
    if (known == verb) return function;
  }
  return nullptr;
}

Abilities TenantCallbacks::abilities() const {
  return {.trim = trim != nullptr,
          .shrink = shrink != nullptr,
          .offload = offload != nullptr,
          .unload = unload != nullptr,
          .restore = restore != nullptr,
          .preserve = preserve != nullptr};
}

/// The right to call: one thread at a time has it.
class Guest::Turn {
 public:
  Turn(Guest& guest, std::optional<TimePoint> wait_until) : guest_(guest) {
    std::unique_lock lock(guest.mutex_);
    if (wait_until) {
      guest.returned_.wait_until(
          lock, std::chrono::steady_clock::time_point(wait_until->time_since_epoch()),
          [&] { return !guest.asking_; });
    }
    if (!guest.asking_ && !guest.closed_) mine_ = guest.asking_ = true;
  }
  ~Turn() {
    if (!mine_) return;
    // Notified under the lock: close() may be what keeps the guest alive.
    const std::lock_guard lock(guest_.mutex_);
    guest_.asking_ = false;
    guest_.returned_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return mine_; }

 private:
  Guest& guest_;
  bool mine_ = false;
};

Guest::Guest(GuestParts parts)
    : name_(std::move(parts.name)),
      callbacks_(std::move(parts.callbacks)),
      idle_unload_(parts.idle_unload),
      clock_(*parts.clock),
      manager_(parts.manager),
      keep_(std::move(parts.keep)),
      places_(std::move(parts.places)),
      place_(std::move(parts.place)),
      errors_(parts.error_limit, parts.error_window) {}

Result<GuestReply> Guest::ask(const GuestRequest& request, TimePoint deadline) {
  const Turn turn(*this, std::nullopt);
  if (!turn) return fail(Errc::unavailable, "an earlier call of its callback has not returned");
  return perform(request, deadline);
}

Result<GuestReply> Guest::ask_in_turn(const GuestRequest& request, TimePoint deadline) {
  const Turn turn(*this, deadline);
  if (!turn) return fail(Errc::unavailable, "an earlier call of its callback has not returned");
  return perform(request, deadline);
}

Status Guest::load(const std::string& place, TimePoint deadline) {
  const Turn turn(*this, deadline);
  if (!turn) return fail(Errc::unavailable, "an earlier call of its callback has not returned");
  {
    const std::lock_guard lock(mutex_);
    if (!place_.empty()) return {};
  }
  const auto reply = restore({.verb = "restore", .reason = "a request needs it"}, place, deadline);
  if (!reply) return tl::unexpected(reply.error());
  const std::lock_guard lock(mutex_);
  // Smaller or elsewhere than at home: the difference counts as taken, so that it comes back.
  if (place_ != places_.home()) {
    taken_.clear();
    take(on_cpu(place_) ? Rung::offload : Rung::shrink, places_.change(places_.home(), place_));
    ++version_;
  }
  return {};
}

Status Guest::unload_idle(TimePoint deadline) {
  const Turn turn(*this, std::nullopt);
  if (!turn) return fail(Errc::unavailable, "an earlier call of its callback has not returned");
  const auto reply = move({.verb = "unload", .reason = "nobody uses it"}, {}, deadline);
  if (!reply) return tl::unexpected(reply.error());
  const std::lock_guard lock(mutex_);
  taken_.clear();
  ++version_;
  return {};
}

Result<GuestReply> Guest::perform(const GuestRequest& request, TimePoint deadline) {
  std::string to;
  bool gpu_lost = false;
  {
    const std::lock_guard lock(mutex_);
    to = places_.target(request.verb, request.detail, place_);
    gpu_lost = gpu_lost_;
  }
  if (request.verb == "restore") {
    if (gpu_lost && !on_cpu(to)) return fail(Errc::refused, "its GPU is lost to this process");
    return restore(request, to, deadline);
  }
  if (request.verb == "shrink" || request.verb == "offload" || request.verb == "unload") {
    return move(request, to, deadline);
  }
  if (request.verb == "preserved") return GuestReply{};  // call() has kept it before it answered
  return call(request.verb, request, to);
}

Result<GuestReply> Guest::move(const GuestRequest& request, const std::string& to,
                               TimePoint deadline) {
  if (auto begun = gate_->begin_move(deadline); !begun) return tl::unexpected(begun.error());
  auto reply = call(request.verb, request, to);
  if (reply) arrive(request.verb, *reply);
  const Duration pause = gate_->end_move();
  const std::lock_guard lock(mutex_);
  give_pause_ = std::max(give_pause_, pause);
  if (reply) reply->pause = pause;
  return reply;
}

Result<GuestReply> Guest::restore(const GuestRequest& request, const std::string& to,
                                  TimePoint deadline) {
  if (state().place == to) {
    GuestReply there;
    there.detail = to;
    return there;
  }
  auto reply = call("restore", request, to);
  if (!reply) return reply;
  if (auto begun = gate_->begin_move(deadline); !begun) {
    if (callbacks_->release != nullptr) (void)call("release", request, reply->detail);
    return tl::unexpected(begun.error());
  }
  std::string old;
  {
    const std::lock_guard lock(mutex_);
    if (!gpu_lost_) old = place_;  // what was on a lost GPU cannot be released any more
  }
  arrive("restore", *reply);
  reply->pause = gate_->end_move();
  {
    const std::lock_guard lock(mutex_);
    restore_pause_ = std::max(restore_pause_, reply->pause);
  }
  if (callbacks_->release != nullptr && !old.empty() && old != reply->detail) {
    (void)call("release", request, old);
  }
  return reply;
}

Result<GuestReply> Guest::call(std::string_view verb, const GuestRequest& request,
                               const std::string& place) {
  const spillway_tenant_fn function = callbacks_->find(verb);
  if (function == nullptr) {
    return fail(Errc::unavailable, "it has no callback for " + std::string(verb), name_);
  }
  const std::string word(verb);
  spillway_ask ask = {};
  ask.struct_size = sizeof ask;
  ask.verb = word.c_str();
  ask.place = place.c_str();
  ask.on_cpu = on_cpu(place) ? 1 : 0;
  ask.bytes = request.bytes.count;
  ask.reason = request.reason.c_str();

  spillway_reply reply;
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    reply.own_pool = places_.own().text;
    before = place_;
  }
  const CallbackScope scope(manager_);
  int code = SPILLWAY_E_CALLBACK;
  try {
    code = function(callbacks_->user, &ask, &reply);
  } catch (...) {
    // C++ programs call through spillway.hpp, which keeps the words; this is the last net.
    reply.error = "its callback threw an exception";
  }
  if (code < 0) {
    if (reply.error.empty()) reply.error = words_for(code);
    return fail(errc_of(code), word + ": " + reply.error, name_);
  }
  if (verb == "preserve" && reply.data) {
    if (auto kept = keep_(name_, *reply.data); !kept) return tl::unexpected(kept.error());
  }
  GuestReply out;
  out.detail = reply.place.value_or(place);
  const bool moves = verb == "shrink" || verb == "offload" || verb == "unload" || verb == "restore";
  out.changes = std::move(reply.changes);
  if (out.changes.empty() && moves) {
    const std::lock_guard lock(mutex_);
    for (const PoolChange& change : places_.change(before, out.detail)) {
      out.changes.emplace_back(change.pool.text, change.delta);
    }
  }
  return out;
}

void Guest::arrive(const std::string& verb, const GuestReply& reply) {
  const std::lock_guard lock(mutex_);
  place_ = reply.detail;
  ++version_;
  if (verb == "restore") {
    // The way back may lead over several places; at home nothing is taken any more.
    if (!taken_.empty()) taken_.pop_back();
    if (place_ == places_.home()) taken_.clear();
    return;
  }
  const Rung rung = verb == "shrink"    ? Rung::shrink
                    : verb == "offload" ? Rung::offload
                                        : Rung::unload_idle;
  std::vector<PoolChange> changes;
  for (const auto& [pool, delta] : reply.changes) changes.push_back({PoolId{pool}, delta});
  take(rung, std::move(changes));
}

void Guest::take(Rung rung, std::vector<PoolChange> changes) {
  taken_.push_back({.rung = rung,
                    .action = std::string(spillway::name(rung)),
                    .detail = place_,
                    .changes = std::move(changes),
                    .since = clock_.now()});
}

Result<std::string> Guest::enter(bool want_cpu) {
  if (auto entered = gate_->enter(); !entered) return tl::unexpected(entered.error());
  std::string place;
  {
    const std::lock_guard lock(mutex_);
    last_used_ = clock_.now();
    place = place_;
    // What is loaded nowhere cannot be computed on the CPU either.
    if (!place.empty() && (want_cpu || gpu_lost_ || errors_.fallen_back())) place = kCpu;
  }
  if (!place.empty()) return place;
  gate_->leave();
  return fail(Errc::not_found, "it is not loaded", name_);
}

void Guest::leave() {
  touch();
  gate_->leave();
}

void Guest::touch() {
  const std::lock_guard lock(mutex_);
  last_used_ = clock_.now();
}

bool Guest::count_error() {
  const std::lock_guard lock(mutex_);
  const bool before = errors_.fallen_back();
  const bool now = errors_.add(clock_.now());
  if (now != before) ++version_;
  return now || gpu_lost_;
}

void Guest::lose_gpu() {
  const std::lock_guard lock(mutex_);
  gpu_lost_ = true;
  ++version_;
}

void Guest::reset_errors() {
  const std::lock_guard lock(mutex_);
  errors_.reset();
  ++version_;
}

void Guest::set_bytes(const PoolId& pool, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  places_.set_bytes(place_, pool, bytes);
  ++version_;
}

GuestState Guest::state() const {
  const bool busy = gate_->busy();
  const std::lock_guard lock(mutex_);
  return {.place = place_,
          .holds = places_.holds(place_),
          .taken = taken_,
          .busy = busy,
          .last_used = last_used_,
          .fallen_back = errors_.fallen_back() || gpu_lost_,
          .gpu_lost = gpu_lost_,
          .memory_errors = errors_.total(),
          .give_pause = give_pause_,
          .restore_pause = restore_pause_,
          .version = version_};
}

Places Guest::places() const {
  const std::lock_guard lock(mutex_);
  return places_;
}

void Guest::close(TimePoint deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  if (CallbackScope::inside(manager_)) return;
  returned_.wait_until(lock, std::chrono::steady_clock::time_point(deadline.time_since_epoch()),
                       [&] { return !asking_; });
}

void describe_place(const Guest& guest, const GuestState& state, Tenant& tenant) {
  const Places places = guest.places();
  tenant.variant = state.place;
  // While it is unloaded its variants say what it could hold, not what it holds.
  tenant.variants = state.place.empty() ? std::vector<Variant>() : places.variants();
  tenant.holds = state.holds;
  // Without a word it would be taken to hold all that its process does.
  if (tenant.holds.empty()) tenant.holds.push_back({places.own(), Bytes{}});
  tenant.taken = state.taken;
}

}  // namespace spillway
