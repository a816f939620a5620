#include "record/digest.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace spillway {
namespace {

class Digester {
 public:
  EventDigest take(const std::vector<Event>& events) {
    for (const Event& event : events) {
      ++at_;
      std::visit([this](const auto& x) { add(x); }, event);
    }
    std::vector<Told> told;
    for (auto& [key, entry] : declined_) told.push_back(std::move(entry));
    // The freshest reasons come last.
    std::stable_sort(told.begin(), told.end(),
                     [](const Told& a, const Told& b) { return a.first < b.first; });
    for (Told& entry : told) result_.declined.push_back(std::move(entry.second));
    return std::move(result_);
  }

 private:
  void add(const Frame& frame) {
    for (const Declined& declined : frame.plan.declined) {
      declined_[{declined.pool, declined.tenant, declined.rung}] = {at_, declined};
    }
    for (const KernelEvent& event : frame.snapshot.events) {
      result_.kernel.push_back({event, frame.snapshot.wall});
    }
  }

  void add(const StepStarted& started) {
    result_.steps.push_back({started.step, started.wall, std::nullopt});
  }

  void add(const StepEnded& ended) {
    const auto begun =
        std::find_if(result_.steps.rbegin(), result_.steps.rend(),
                     [&](const auto& s) { return s.step.id == ended.step.id && !s.outcome; });
    DoneStep& done = begun != result_.steps.rend() ? *begun : result_.steps.emplace_back();
    done = {ended.step, ended.wall, ended.outcome};
    // What spoke against it before speaks of another time.
    std::erase_if(declined_, [&](const auto& entry) {
      return std::get<TenantId>(entry.first) == ended.step.tenant &&
             std::get<Rung>(entry.first) == ended.step.rung;
    });
  }

  void add(const LevelChanged& changed) {
    const PoolAssessment& now = changed.now;
    auto found = result_.episodes.find(now.pool);
    const bool begins = changed.from == Level::normal || found == result_.episodes.end();
    if (begins && now.level == Level::normal && found == result_.episodes.end()) return;
    if (begins && now.level > Level::normal) {
      result_.episodes[now.pool] = {now, changed.wall, std::nullopt};
      return;
    }
    EventDigest::Episode& episode = found->second;
    if (now.level > episode.worst.level) episode.worst = now;
    if (now.level == Level::normal) {
      episode.ended = changed.wall;
    } else {
      episode.ended.reset();
    }
  }

  void add(const TenantChanged& changed) {
    if (changed.what == TenantChanged::What::updated) return;
    result_.changes.push_back({changed.what, changed.wall, changed.tenant.id, changed.reason});
  }

  void add(const PolicyChanged& changed) { result_.policy = changed.policy; }
  void add(const Note&) {}

  using Told = std::pair<std::size_t, Declined>;  // when, counted in events

  EventDigest result_;
  std::map<std::tuple<PoolId, TenantId, Rung>, Told> declined_;
  std::size_t at_ = 0;
};

}  // namespace

EventDigest digest(const std::vector<Event>& events) { return Digester().take(events); }

}  // namespace spillway
