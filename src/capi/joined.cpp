#include "capi/joined.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "base/thread.h"
#include "json/codec.h"
#include "wire/fields.h"
#include "wire/guest_session.h"

namespace spillway {

using nlohmann::json;

namespace {

constexpr Duration kAnswer = 1s;  // how long the daemon may take over a small request
constexpr Duration kBetweenFetches = 30s;
constexpr Duration kBetweenTouches = 1s;
constexpr Duration kFresh = 50ms;   // a status is not asked for again within that time
constexpr Duration kOnTheWay = 2s;  // what an answer may take beyond the time it was given

/// Where a tenant is, and what else the protocol knows of it. Whose it is, the daemon finds out.
constexpr std::array kPosition{"variants", "variant", "holds", "taken"};
constexpr std::array kRest{"priority", "stop_allowed", "abilities", "trimmable_bytes", "pinned"};

json members(const Tenant& tenant) {
  const json all = to_json(tenant);
  json out = json::object();
  for (const char* key : kPosition) out[key] = all.value(key, json());
  for (const char* key : kRest) out[key] = all.value(key, json());
  return out;
}

/// A program's names may be anything: what is no UTF-8 becomes U+FFFD.
std::string text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// What the daemon knows of a tenant.
struct Told {
  std::string id;  // there
  json members;
  TimePoint touched;  // when the daemon was told of the latest use
  std::optional<TimePoint> last_used;
  bool busy = false;
  bool stale = false;  // a touch is due
};

}  // namespace

/// What the reader thread and the threads that answer share. It outlives the Joined as long as a
/// callback of the program hangs.
struct Joined::Link {
  std::shared_ptr<GuestBook> guests;
  const Clock& clock;
  std::shared_ptr<GuestSession> session;
  std::map<TenantId, Told> told;     // only the thread that steps uses it
  std::atomic<bool> changed = true;  // a level, so the status is worth fetching

  std::mutex mutex;  // guards all below
  std::function<void()> wake;
  std::map<std::string, std::string> names;  // the daemon's id -> the name in this program
  std::multiset<std::string> asked;          // names that are being asked
  std::map<std::string, json> moved;  // where they are, as the daemon knows from their answers

  Link(std::shared_ptr<GuestBook> book, const Clock& c, std::function<void()> w)
      : guests(std::move(book)), clock(c), wake(std::move(w)) {}

  Result<json> call(std::string_view method, const json& params, Duration timeout) {
    return session->call(method, text(params), timeout);
  }

  void notify() {
    const std::lock_guard lock(mutex);
    if (wake) wake();
  }

  void answer(const Ask& ask) {
    std::string name;
    {
      const std::lock_guard lock(mutex);
      const auto known = names.find(ask.request.tenant);
      name = known == names.end() ? ask.request.tenant : known->second;
      asked.insert(name);
    }
    GuestRequest request = ask.request;
    request.tenant = name;
    const TimePoint deadline = clock.now() + ask.within;
    const auto reply = guests->ask(request, deadline);
    Tenant there;
    if (const auto guest = guests->find(name)) describe_place(*guest, guest->state(), there);
    session->answer(ask.id, reply);
    {
      const std::lock_guard lock(mutex);
      asked.erase(asked.find(name));
      // Nobody heard an answer that came too late.
      if (reply && clock.now() < deadline) moved[name] = members(there);
    }
    notify();
  }
};

Result<std::unique_ptr<Joined>> Joined::open(const std::vector<std::string>& sockets,
                                             const std::string& program,
                                             std::shared_ptr<GuestBook> guests, const Clock& clock,
                                             std::function<void()> wake) {
  auto link = std::make_shared<Link>(std::move(guests), clock, std::move(wake));
  const std::weak_ptr<Link> weak = link;  // the session is the link's own
  GuestCallbacks callbacks;
  callbacks.on_ask = [weak](const Ask& ask) {
    const auto shared = weak.lock();
    if (!shared) return;
    auto thread = start_thread([shared, ask] { shared->answer(ask); });
    if (!thread) return shared->session->answer(ask.id, tl::unexpected(thread.error()));
    thread->detach();
  };
  callbacks.on_event = [weak](const json&) {
    if (const auto shared = weak.lock()) {
      shared->changed = true;
      shared->notify();
    }
  };
  callbacks.on_lost = [weak](const Error&) {
    if (const auto shared = weak.lock()) shared->notify();
  };
  auto session = GuestSession::open(sockets, program, std::move(callbacks), kAnswer);
  if (!session) return tl::unexpected(session.error());
  link->session = std::move(*session);
  const auto subscribed = link->call("subscribe", {{"events", {"level_changed"}}}, kAnswer);
  if (!subscribed) return tl::unexpected(subscribed.error());

  std::unique_ptr<Joined> self(new Joined(clock));
  self->link_ = std::move(link);
  return self;
}

Joined::~Joined() {
  const std::lock_guard lock(link_->mutex);
  link_->wake = nullptr;
}

bool Joined::alive() const { return link_->session->alive(); }

bool Joined::put(const Tenant& tenant) {
  json told_by_answer;
  {
    const std::lock_guard lock(link_->mutex);
    if (link_->asked.contains(tenant.id.text)) return false;
    if (auto moved = link_->moved.extract(tenant.id.text)) told_by_answer = moved.mapped();
  }
  const auto known = link_->told.find(tenant.id);
  if (known == link_->told.end()) return introduce(tenant);
  Told& told = known->second;
  told.stale = true;
  told.busy = tenant.busy;
  told.last_used = tenant.last_used;

  const json now = members(tenant);
  json before = told.members;
  // Told again, a move of the daemon's would count twice.
  for (const char* key : kPosition) {
    if (!told_by_answer.is_null()) before[key] = told_by_answer[key];
  }
  json changes = json::object();
  for (const auto& [key, value] : now.items()) {
    if (value != before[key]) changes[key] = value;
  }
  if (const auto pinned = bool_of(changes, "pinned")) {
    const json params{{"tenant", told.id}};
    if (!link_->call(*pinned ? "pin" : "unpin", params, kAnswer)) return false;
    changes.erase("pinned");
  }
  if (!changes.empty()) {
    changes["tenant"] = told.id;
    if (!link_->call("tenant.update", changes, kAnswer)) return false;
  }
  told.members = now;
  return true;
}

bool Joined::introduce(const Tenant& tenant) {
  const json known = members(tenant);
  json document = known;
  document["id"] = tenant.id.text;
  document["busy"] = tenant.busy;
  const auto answer = link_->call("tenant.register", {{"tenant", document}}, kAnswer);
  if (!answer) return false;
  Told told;
  told.id = text_or(*answer, "tenant", tenant.id.text);
  told.members = known;
  told.touched = clock_.now();
  told.busy = tenant.busy;
  told.last_used = tenant.last_used;
  told.stale = tenant.last_used.has_value();
  const std::lock_guard lock(link_->mutex);
  link_->names[told.id] = tenant.id.text;
  link_->told[tenant.id] = std::move(told);
  return true;
}

void Joined::flush_touches(TimePoint now) {
  for (auto& [id, told] : link_->told) {
    if (!told.stale || now - told.touched < kBetweenTouches) continue;
    told.stale = false;
    told.touched = now;
    json touch{{"tenant", told.id}, {"busy", told.busy}};
    if (told.last_used) touch["last_used_ns"] = told.last_used->time_since_epoch().count();
    (void)link_->call("tenant.touch", touch, kAnswer);
  }
}

void Joined::remove(const TenantId& tenant, std::string) {
  const auto known = link_->told.find(tenant);
  if (known == link_->told.end()) return;
  (void)link_->call("tenant.unregister", {{"tenant", known->second.id}}, kAnswer);
  const std::lock_guard lock(link_->mutex);
  link_->names.erase(known->second.id);
  link_->told.erase(known);
}

void Joined::demand(Demand demand, std::function<void(const DemandResult&)> done) {
  const Duration within = std::max(demand.deadline - clock_.now(), Duration::zero());
  const auto id_of = [&](const TenantId& tenant) {
    const auto known = link_->told.find(tenant);
    return known == link_->told.end() ? tenant.text : known->second.id;
  };
  std::vector<std::pair<std::string, json>> calls;
  if (demand.direction == Direction::restore) {
    std::vector<std::string> ids;
    if (demand.tenant) ids.push_back(id_of(*demand.tenant));
    for (const auto& [id, told] : link_->told) {
      if (!demand.tenant) ids.push_back(told.id);
    }
    for (const std::string& id : ids) calls.emplace_back("restore", json{{"tenant", id}});
  } else if (demand.tenant) {
    calls.emplace_back("offload", json{{"tenant", id_of(*demand.tenant)}});
  } else {
    json params{{"bytes", demand.bytes.count}};
    if (demand.pool) params["pool"] = demand.pool->text;
    if (demand.asker) params["asker"] = id_of(*demand.asker);
    calls.emplace_back("free", std::move(params));
  }
  auto thread = start_thread([link = link_, calls = std::move(calls), within, done]() mutable {
    DemandResult result;
    result.met = true;
    for (auto& [method, params] : calls) {
      params["within_ms"] = milliseconds(within);
      const auto answer = link->call(method, params, within + kOnTheWay);
      if (!answer) {
        result.met = false;
        result.why = to_string(answer.error());
        continue;
      }
      result.freed += Bytes{i64_of(*answer, "freed_bytes").value_or(0)};
      if (bool_of(*answer, "met").value_or(false)) continue;
      result.met = false;
      result.why = text_or(*answer, "why");
    }
    if (done) done(result);
    link->changed = true;
    link->notify();
  });
  if (thread) return thread->detach();
  if (done) done({.why = to_string(thread.error())});
}

void Joined::fetch() {
  const auto answer = link_->call("status", json::object(), kAnswer);
  if (!answer) return;
  auto report = from_json<StatusReport>(*answer);
  if (!report) return;
  report_ = std::move(*report);
  assessment_ = {};
  assessment_.at = report_.now;
  assessment_.level = report_.level;
  for (const PoolStatus& pool : report_.pools) assessment_.pools.push_back(pool.assessment);
  std::sort(assessment_.pools.begin(), assessment_.pools.end(),
            [](const PoolAssessment& a, const PoolAssessment& b) { return a.pool < b.pool; });
}

TimePoint Joined::step(TimePoint now, bool fired) {
  flush_touches(now);
  if (link_->changed.exchange(false) || fired || now - fetched_ >= kBetweenFetches) {
    fetch();
    fetched_ = now;
  }
  TimePoint next = fetched_ + kBetweenFetches;
  for (const auto& [id, told] : link_->told) {
    if (told.stale) next = std::min(next, told.touched + kBetweenTouches);
  }
  return next;
}

StatusReport Joined::status() {
  const TimePoint now = clock_.now();
  if (now - fetched_ >= kFresh) {
    fetch();
    fetched_ = now;
  }
  return report_;
}

}  // namespace spillway
