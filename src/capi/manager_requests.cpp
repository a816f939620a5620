#include <algorithm>
#include <condition_variable>
#include <utility>

#include "act/refuse.h"
#include "capi/builtin_trims.h"
#include "capi/callback_scope.h"
#include "capi/error_classifier.h"
#include "capi/gpu_driver.h"
#include "capi/manager.h"

namespace spillway {

namespace {

constexpr Duration kBeyond = 1s;          // what a demand may take longer than its own deadline
constexpr Duration kLook = 100ms;         // how often a waiting thread looks whether all is over
constexpr Duration kLongWait = 60s;       // for moves that somebody asked for
constexpr Duration kLongestLoad = 10min;  // that other requests of the tenant wait for
constexpr double kUsualWant =
    1.0 / 20;  // of the pool, when an error does not say how much it wanted

std::chrono::steady_clock::time_point wakeup(TimePoint at) {
  return std::chrono::steady_clock::time_point(at.time_since_epoch());
}

/// A value that one thread waits for and another may deliver after nobody waits any more.
template <class T>
struct Awaited {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<T> value;

  void deliver(T what) {
    const std::lock_guard lock(mutex);
    value = std::move(what);
    arrived.notify_all();
  }
  bool wait_until(TimePoint until) {
    std::unique_lock lock(mutex);
    return arrived.wait_until(lock, wakeup(until), [&] { return value.has_value(); });
  }
};

Status met(const Result<DemandResult>& result, const std::string& who) {
  if (!result) return tl::unexpected(result.error());
  if (result->met) return {};
  const bool late = result->why.starts_with("not within the time");
  return fail(late ? Errc::timed_out : Errc::refused, result->why, who);
}

/// The best first: from the preferred variant down to the smallest.
std::vector<std::string> places_to_load(const Guest& guest) {
  const Places places = guest.places();
  if (guest.state().fallen_back && places.has_cpu()) return {std::string(kCpu)};
  std::vector<std::string> choices{places.home()};
  for (const Variant& variant : places.variants()) {
    const bool is_place = variant.name == kCpu || variant.name == "disk";
    if (variant.name != places.home() && !is_place) choices.push_back(variant.name);
  }
  return choices;
}

}  // namespace

Result<DemandResult> Manager::await(Demand demand, Duration timeout) {
  const TimePoint until = clock_.now() + (timeout > Duration::zero() ? timeout : kLongWait);
  demand.deadline = until;
  const auto awaited = std::make_shared<Awaited<DemandResult>>();
  {
    const std::lock_guard lock(stepping_);
    if (!looked_) step_locked(false);
    backend().demand(std::move(demand),
                     [awaited](const DemandResult& result) { awaited->deliver(result); });
  }
  while (!closing_ && clock_.now() < until + kBeyond) {
    TimePoint next = until + kBeyond;
    if (!monitored_) {
      const bool fired = embedded_->wakes().wait(Duration::zero());
      const std::lock_guard lock(stepping_);
      next = std::min(step_locked(fired), clock_.now() + options_.policy.cadence.shortest);
    }
    next = std::min(next, clock_.now() + kLook);
    if (awaited->wait_until(next)) return *awaited->value;
  }
  if (closing_) return fail(Errc::unavailable, "the manager is being destroyed");
  return fail(Errc::timed_out, "not within the time given");
}

Status Manager::offload(const std::string& tenant, Duration timeout) {
  Demand demand;
  demand.tenant = TenantId{tenant};
  demand.highest = Rung::offload;
  demand.reason = "the program";
  return met(await(std::move(demand), timeout), tenant);
}

Status Manager::restore(const std::string& tenant, Duration timeout) {
  Demand demand;
  demand.direction = Direction::restore;
  demand.tenant = TenantId{tenant};
  demand.reason = "the program";
  return met(await(std::move(demand), timeout), tenant);
}

Status Manager::restore_all(Duration timeout) {
  Demand demand;
  demand.direction = Direction::restore;
  demand.reason = "the program";
  return met(await(std::move(demand), timeout), "restore all");
}

void Manager::trim() {
  if (!options_.builtin_trims) return;
  trim_allocators();
  trim_devices();
}

Status Manager::ask_all(const std::vector<std::shared_ptr<Guest>>& guests, const std::string& verb,
                        const std::string& reason, TimePoint deadline) {
  using Answer = Awaited<Result<GuestReply>>;
  std::vector<std::pair<std::shared_ptr<Guest>, std::shared_ptr<Answer>>> open;
  for (const auto& guest : guests) {
    auto answer = std::make_shared<Answer>();
    std::thread([guest, answer, verb, reason, deadline] {
      answer->deliver(
          guest->ask_in_turn({.tenant = guest->name(), .verb = verb, .reason = reason}, deadline));
    }).detach();
    open.emplace_back(guest, std::move(answer));
  }
  Status all;
  for (const auto& [guest, answer] : open) {
    if (!answer->wait_until(deadline)) {
      all = fail(Errc::timed_out, verb + " did not return in time", guest->name());
    } else if (!*answer->value && all) {
      all = tl::unexpected(answer->value->error());
    }
  }
  return all;
}

Status Manager::preserve_all(Duration timeout) {
  std::vector<std::shared_ptr<Guest>> able = guests();
  std::erase_if(able, [](const auto& guest) { return !guest->abilities().preserve; });
  const Duration time =
      timeout > Duration::zero() ? timeout : options_.policy.ladder.preserve_deadline;
  return ask_all(able, "preserve", "the program asks for it", clock_.now() + time);
}

Status Manager::make_room(const std::vector<PoolChange>& needs, const Guest& asker) {
  for (const PoolChange& need : needs) {
    std::optional<Bytes> room;
    {
      const std::lock_guard lock(stepping_);
      step_locked(true);  // figures of this moment
      const PoolAssessment* pool = backend().assessment().find(need.pool);
      if (pool == nullptr || pool->unknown_since)
        continue;  // nobody could say that it does not fit
      room = pool->room;
    }
    if (need.delta <= *room) continue;
    Demand demand;
    demand.pool = need.pool;
    demand.bytes = need.delta - *room;
    demand.asker = TenantId{asker.name()};
    demand.reason = asker.name() + ", which is to be loaded";
    if (auto made = met(await(std::move(demand), kLongWait), asker.name()); !made) return made;
  }
  return {};
}

Status Manager::load(Guest& guest) {
  if (!guest.abilities().restore) {
    return fail(Errc::unavailable, "it is not loaded and has no restore callback", guest.name());
  }
  if (level() == Level::shutdown) {
    return fail(Errc::refused, "memory is at its end, nothing is loaded now", guest.name());
  }
  Status last;
  for (const std::string& choice : places_to_load(guest)) {
    if (!inside_callback()) {
      const Gate::Starving starving;
      last = make_room(guest.places().holds(choice), guest);
      if (!last) continue;
    }
    last = guest.load(choice, clock_.now() + kLongestLoad);
    if (last) break;
  }
  embedded_->wakes().kick();
  return last;
}

void Manager::make_room_after(Guest& guest, std::string_view message, bool on_the_cpu) {
  trim();
  if (inside_callback()) return;
  const Gate::Starving starving;
  const std::optional<Bytes> wanted = wanted_bytes(message);
  Demand demand;
  demand.pool = on_the_cpu ? kRam : guest.places().own();
  demand.asker = TenantId{guest.name()};
  demand.reason = guest.name() + ", which ran out of memory";
  {
    const std::lock_guard lock(stepping_);
    step_locked(true);
    const PoolAssessment* pool = backend().assessment().find(*demand.pool);
    if (pool == nullptr || !pool->total) return;
    const Bytes usual = scaled(*pool->total, kUsualWant);
    // Free memory that could not be had is in pieces: some more is wanted even so.
    demand.bytes =
        wanted ? std::max(*wanted - pool->free.value_or(Bytes{}), std::min(*wanted, usual)) : usual;
  }
  (void)await(std::move(demand), callback_deadline());
}

int Manager::handle_error(Guest& guest, spillway_request* request, std::string_view message,
                          int kind) {
  const ErrorKind what =
      kind == SPILLWAY_ERROR_CLASSIFY ? classify_error(message) : static_cast<ErrorKind>(kind);
  if (what == ErrorKind::other) return SPILLWAY_NOT_MEMORY;
  if (what == ErrorKind::sticky) return give_up_gpu(guest, request, message);

  const bool fallen_back = guest.count_error();
  const bool was_on_cpu = request != nullptr && request->on_cpu != 0;
  const int tries = request != nullptr ? ++request->tries : 1;
  if (was_on_cpu) {
    if (fallen_back || tries > 1) return SPILLWAY_GIVE_UP;
    make_room_after(guest, message, true);
    return SPILLWAY_RETRY;
  }
  if (!fallen_back && tries == 1) {
    make_room_after(guest, message, false);
    return SPILLWAY_RETRY;
  }
  if (request != nullptr) request->use_cpu = 1;
  return SPILLWAY_USE_CPU;
}

int Manager::give_up_gpu(Guest& guest, spillway_request* request, std::string_view message) {
  log_->write(Severity::error,
              guest.name() + ": its GPU is lost to this process: " + std::string(message));
  const bool first = !guest.state().gpu_lost;
  if (first && guest.abilities().preserve) {
    const auto self = book_->find(guest.name());
    (void)ask_all({self}, "preserve", "its GPU is lost",
                  clock_.now() + options_.policy.ladder.preserve_deadline);
  }
  guest.lose_gpu();
  if (guest.places().has_cpu() && guest.abilities().restore) {
    const bool there = on_cpu(guest.state().place);
    const auto moved = there ? Result<GuestReply>()
                             : guest.ask_in_turn({.tenant = guest.name(),
                                                  .verb = "restore",
                                                  .detail = std::string(kCpu),
                                                  .reason = "its GPU is lost"},
                                                 clock_.now() + callback_deadline());
    if (moved) {
      if (request != nullptr) request->use_cpu = 1;
      return SPILLWAY_USE_CPU;
    }
    log_->write(Severity::error, guest.name() + ": " + to_string(moved.error()));
  }
  if (first) (void)preserve_all(Duration::zero());
  return SPILLWAY_RESTART;
}

void Manager::reset_errors() {
  for (const auto& guest : guests()) guest->reset_errors();
}

}  // namespace spillway
