#include "demo/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "wire/control_client.h"

namespace spillway {
namespace {

Bytes change_in(const std::vector<PoolChange>& changes, const PoolId& pool) {
  Bytes sum;
  for (const PoolChange& change : changes) {
    if (change.pool == pool) sum += change.delta;
  }
  return sum;
}

std::string words(const StepEnded& ended, const PoolId& pool) {
  const Step& step = ended.step;
  const Bytes claimed = change_in(ended.outcome.claimed, pool);
  const Bytes measured = change_in(ended.outcome.measured, pool);
  const std::string what =
      step.direction == Direction::restore
          ? fmt::format("restore  {:<5} from {}", step.tenant.text, name(step.rung))
          : fmt::format("{:<8} {:<5}", name(step.rung), step.tenant.text);
  if (ended.outcome.status != StepStatus::done) {
    return fmt::format("  {} {}: {}", what, name(ended.outcome.status), ended.outcome.error);
  }
  const bool restored = step.direction == Direction::restore;
  return fmt::format("  {}  {} {}, measured {}, in {}{}", what, restored ? "took" : "claimed",
                     to_string(restored ? claimed : -claimed),
                     to_string(restored ? measured : -measured), to_string(ended.outcome.took),
                     ended.outcome.detail.empty() ? "" : ", now " + ended.outcome.detail);
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::start(const std::string& socket, PoolId pool,
                                                  Timeline& timeline) {
  auto client = ControlClient::connect({socket}, 5s);
  if (!client) return tl::unexpected(client.error());
  if (auto hello = client->hello("spillway demo", 5s); !hello) {
    return tl::unexpected(hello.error());
  }
  if (auto subscribed = client->call("subscribe", "{}", 5s); !subscribed) {
    return tl::unexpected(subscribed.error());
  }
  std::unique_ptr<Follower> follower(new Follower(std::move(pool), timeline));
  follower->thread_ = std::thread(
      [self = follower.get(), client = std::make_shared<ControlClient>(std::move(*client))] {
        while (!self->stopping_) {
          const auto json = client->next_event(200ms);
          if (!json && json.error().code != Errc::timed_out) return;
          if (!json) continue;
          if (const auto event = from_json<Event>(*json)) self->take(*event);
        }
      });
  return follower;
}

Follower::~Follower() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

Deeds Follower::deeds() const {
  const std::lock_guard lock(mutex_);
  return deeds_;
}

void Follower::take(const Event& event) {
  if (const auto* level = std::get_if<LevelChanged>(&event); level && level->now.pool == pool_) {
    timeline_.say(fmt::format("{} -> {}: {}", name(level->from), name(level->now.level),
                              level->now.evidence));
  } else if (const auto* ended = std::get_if<StepEnded>(&event)) {
    take(*ended);
  } else if (const auto* changed = std::get_if<TenantChanged>(&event)) {
    take(*changed);
  }
}

/// A model that was unloaded comes back by itself when a request needs it.
void Follower::take(const TenantChanged& changed) {
  const Tenant& tenant = changed.tenant;
  if (changed.what != TenantChanged::What::updated || !tenant.taken.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto away = deeds_.away.find(tenant.id.text);
  if (away == deeds_.away.end() || away->second == 0) return;
  away->second = 0;
  ++deeds_.restores;
  timeline_.say(fmt::format("  loaded   {:<5} again: a request needs it", tenant.id.text));
}

void Follower::take(const StepEnded& ended) {
  const Step& step = ended.step;
  if (step.tenant.text.empty()) return;  // notices are in the level's own line
  timeline_.say(words(ended, pool_));
  const std::lock_guard lock(mutex_);
  const bool done = ended.outcome.status == StepStatus::done;
  const bool give = step.direction == Direction::give;
  deeds_.failed += !done;
  deeds_.steps += give;
  deeds_.restores += done && !give;
  deeds_.stops += done && give && step.rung == Rung::stop;
  if (done && give) {
    const Bytes freed = -change_in(ended.outcome.measured, pool_);
    if (freed.count > 0) deeds_.given_back += freed;
  }
  if (done && step.rung != Rung::trim && step.rung != Rung::preserve) {
    int& away = deeds_.away[step.tenant.text];
    away = std::max(0, away + (give ? 1 : -1));
  }
  Duration& longest = give ? deeds_.longest_give : deeds_.longest_restore;
  longest = std::max(longest, ended.outcome.pause);
}

}  // namespace spillway
