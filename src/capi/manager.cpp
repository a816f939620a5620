#include "capi/manager.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "capi/callback_scope.h"
#include "capi/errors.h"
#include "port/own_pages.h"
#include "wire/socket_path.h"

namespace spillway {

namespace {

constexpr Duration kBetweenJoins = 5s;
constexpr Duration kAfterSilence = 60s;
constexpr Duration kSettled = 1s;  // after its start the monitor goes the same ways again and again
constexpr Duration kBetweenReports = 5min;

/// The program's log function, kept as long as the log thread may call it.
Log::Sink log_sink(spillway_log_fn call, std::shared_ptr<Listener> listener, const void* manager) {
  if (call == nullptr) return [](const LogLine&) {};
  return [call, listener = std::move(listener), manager](const LogLine& line) {
    const CallbackScope scope(manager);
    try {
      call(listener->user(), static_cast<int>(line.severity), line.text.c_str());
    } catch (...) {
      // Costs that line.
    }
  };
}

std::shared_ptr<PreserveStore> open_store(const ManagerOptions& options) {
  if (options.state_dir.empty()) return nullptr;
  PreserveStore::Options store;
  store.directory = options.state_dir;
  return std::make_shared<PreserveStore>(std::move(store));
}

}  // namespace

Manager::Manager(ManagerOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      log_user_(std::make_shared<Listener>(options_.log_user)),
      log_(std::make_shared<Log>(log_sink(options_.log, log_user_, this))),
      store_(open_store(options_)),
      notifier_(std::make_unique<Notifier>(clock, this, callback_deadline())) {
  log_->set_threshold(options_.log == nullptr ? Severity::error : options_.log_threshold);
}

Result<std::shared_ptr<Manager>> Manager::create(ManagerOptions options, const Clock& clock) {
  std::shared_ptr<Manager> self(new Manager(std::move(options), clock));
  auto embedded = Embedded::open(self->options_, self->book_, self->store_, clock, *self->log_);
  if (!embedded) return tl::unexpected(embedded.error());
  self->embedded_ = std::move(*embedded);
  if (self->options_.builtin_trims) self->add_allocator();
  self->log_user_->own(self->options_.log_user_free);
  return self;
}

Manager::~Manager() = default;

bool Manager::inside_callback() const { return CallbackScope::inside(this); }

Status Manager::start() {
  const std::lock_guard lock(starting_);
  if (closing_) return fail(Errc::unavailable, "the manager is being destroyed");
  if (monitored_) return {};
  monitored_ = true;
  try {
    monitor_ = std::thread([this] { monitor(); });
  } catch (const std::system_error& error) {
    monitored_ = false;
    return tl::unexpected(system_error(error.code().value(), "monitor thread"));
  }
  return {};
}

void Manager::stop() {
  const std::lock_guard lock(starting_);
  if (!monitored_) return;
  monitored_ = false;
  embedded_->wakes().kick();
  monitor_.join();
}

void Manager::monitor() {
  ::prctl(PR_SET_NAME, "spillway");
  bool fired = false;
  const TimePoint settles = clock_.now() + kSettled;
  bool settled = false;
  while (monitored_) {
    if (!settled && clock_.now() >= settles) {
      drop_pages_of(reinterpret_cast<const void*>(&drop_pages_of));
      settled = true;
    }
    TimePoint next = clock_.now() + options_.policy.cadence.longest;
    try {
      const std::lock_guard lock(stepping_);
      next = step_locked(fired);
    } catch (const std::exception& error) {
      // Most likely std::bad_alloc, just when the guard is needed: the next look tries again.
      next = clock_.now() + options_.policy.cadence.after_event;
    }
    fired = embedded_->wakes().wait(next - clock_.now());
  }
}

Result<Duration> Manager::step() {
  if (monitored_) return fail(Errc::unavailable, "the monitor thread does that");
  const bool fired = embedded_->wakes().wait(Duration::zero());
  const std::lock_guard lock(stepping_);
  return std::max(step_locked(fired) - clock_.now(), Duration::zero());
}

TimePoint Manager::step_locked(bool fired) {
  const TimePoint now = clock_.now();
  choose_backend(now);
  refresh_allocator(now);
  tell_backend();
  const TimePoint idle = unload_idle(now);
  const TimePoint next = backend().step(now, fired);
  looked_ = true;
  after_look();
  return std::min({next, idle, send_reports(now)});
}

Backend& Manager::backend() {
  if (joined_) return *joined_;
  return *embedded_;
}

void Manager::choose_backend(TimePoint now) {
  if (joined_ && joined_->alive()) return;
  if (joined_) {
    log_->write(Severity::warning, "the daemon is gone: guarding alone");
    joined_.reset();
    tell_all_again();
  }
  if (!options_.join || options_.only_given_pools || now < join_due_) return;
  if (embedded_->is_busy()) return;  // what it began it ends
  join_due_ = now + kBetweenJoins;
  auto joined = Joined::open(client_sockets(socket_place(), options_.socket), options_.program,
                             book_, clock_, [this] { embedded_->wakes().kick(); });
  if (!joined) {
    // A daemon that accepts and says nothing must not cost every look its patience.
    if (joined.error().code == Errc::timed_out) join_due_ = now + kAfterSilence;
    return;
  }
  joined_ = std::move(*joined);
  embedded_->rest();
  log_->write(Severity::info, "joined the daemon");
  tell_all_again();
}

void Manager::tell_all_again() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, registered] : tenants_) {
    registered.told = 0;
    registered.dirty = true;
  }
}

void Manager::after_look() {
  const Assessment& assessment = backend().assessment();
  usage_.saw(assessment);
  {
    const std::lock_guard lock(mutex_);
    for (const PoolAssessment& pool : assessment.pools) levels_[pool.pool] = pool.level;
  }
  const Level before = level_.exchange(assessment.level);
  if (before != assessment.level) notify(before, assessment.level);
  if (notifier_->check()) log_->write(Severity::warning, "a callback hangs and is left behind");
}

void Manager::notify(Level from, Level to) {
  // Every level that was passed on the way up; on the way down only the end of all trouble.
  const auto concerned = [&](int level) {
    if (level == SPILLWAY_ANY_LEVEL) return true;
    const auto its = static_cast<Level>(level);
    return to > from ? its > from && its <= to : its == Level::normal && to == Level::normal;
  };
  std::vector<Subscriber> to_tell;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, subscriber] : subscribers_) {
      if (subscriber.on_level != nullptr && concerned(subscriber.level)) {
        to_tell.push_back(subscriber);
      }
    }
  }
  if (to_tell.empty()) return;
  std::stable_sort(to_tell.begin(), to_tell.end(),
                   [](const Subscriber& a, const Subscriber& b) { return a.level < b.level; });
  const auto picture = std::make_shared<spillway_status>(picture_locked());
  for (Subscriber& subscriber : to_tell) {
    const int told =
        subscriber.level == SPILLWAY_ANY_LEVEL ? static_cast<int>(to) : subscriber.level;
    notifier_->post(std::move(subscriber.listener),
                    [call = subscriber.on_level, told, picture](void* user) {
                      call(user, told, picture.get());
                    });
  }
}

TimePoint Manager::send_reports(TimePoint now) {
  TimePoint next = TimePoint::max();
  std::vector<Subscriber> due;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, subscriber] : subscribers_) {
      if (subscriber.on_report == nullptr) continue;
      if (now >= subscriber.due) {
        subscriber.due = now + subscriber.interval;
        due.push_back(subscriber);
      }
      next = std::min(next, subscriber.due);
    }
  }
  if (due.empty()) return next;
  const auto text = std::make_shared<const std::string>(text_block(picture_locked()));
  for (Subscriber& subscriber : due) {
    notifier_->post(std::move(subscriber.listener),
                    [call = subscriber.on_report, text](void* user) { call(user, text->c_str()); });
  }
  return next;
}

int Manager::subscribe(int level, spillway_level_fn callback, std::shared_ptr<Listener> listener) {
  const std::lock_guard lock(mutex_);
  subscribers_.emplace(
      ++last_id_,
      Subscriber{.level = level, .on_level = callback, .listener = std::move(listener)});
  return last_id_;
}

int Manager::subscribe_report(Duration interval, spillway_report_fn callback,
                              std::shared_ptr<Listener> listener) {
  if (interval == Duration::zero()) interval = kBetweenReports;
  const std::lock_guard lock(mutex_);
  subscribers_.emplace(++last_id_, Subscriber{.on_report = callback,
                                              .interval = interval,
                                              .due = clock_.now() + interval,
                                              .listener = std::move(listener)});
  return last_id_;
}

Status Manager::unsubscribe(int id) {
  std::shared_ptr<Listener> listener;
  {
    const std::lock_guard lock(mutex_);
    const auto found = subscribers_.find(id);
    if (found == subscribers_.end()) return fail(Errc::not_found, "no such callback");
    listener = std::move(found->second.listener);
    subscribers_.erase(found);
  }
  notifier_->forget(listener);
  return {};
}

std::optional<Level> Manager::level_of(const std::string& pool) const {
  const std::lock_guard lock(mutex_);
  const auto found = levels_.find(PoolId{pool});
  return found == levels_.end() ? std::nullopt : std::optional(found->second);
}

StatusPicture Manager::picture() {
  const std::lock_guard lock(stepping_);
  if (!looked_) step_locked(false);
  return picture_locked();
}

StatusPicture Manager::picture_locked() {
  StatusPicture picture{.report = backend().status(), .usage = usage_.all()};
  const std::lock_guard lock(mutex_);
  for (const auto& [name, registered] : tenants_) {
    const Places places = registered.guest->places();
    picture.tenants.push_back({.name = name,
                               .home = places.home(),
                               .own = places.own(),
                               .priority = registered.priority,
                               .pinned = registered.pinned,
                               .state = registered.guest->state()});
  }
  return picture;
}

void Manager::report_usage(const PoolId& pool, Bytes allocated, Bytes reserved) {
  usage_.report(pool, allocated, reserved);
}

void Manager::close() {
  closing_ = true;
  stop();
  const auto self = shared_from_this();
  if (!inside_callback()) return finish();
  // The callback that this is called from must return first, and its thread may be one that the
  // engine would wait for.
  std::thread([self] { self->finish(); }).detach();
}

void Manager::finish() {
  const TimePoint patience = clock_.now() + callback_deadline();
  for (const auto& guest : book_->all()) guest->close(patience);
  notifier_->close();
}

}  // namespace spillway
