#include "record/explain.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "record/digest.h"
#include "record/sentences.h"
#include "record/words.h"

namespace spillway {
namespace {

constexpr std::size_t kMostSteps = 20;
constexpr std::size_t kMostDeclined = 10;
constexpr std::string_view kNotGivenBack = "not given back: ";  // how decide begins such reasons

/// Collects the lines of one answer.
class Answer {
 public:
  Answer(const std::vector<Event>& events, const StatusReport& report)
      : report_(report), past_(digest(events)) {}

  bool knows_tenant(std::string_view name) const {
    const auto is_it = [&](const auto& x) { return x.text == name; };
    return std::ranges::any_of(report_.tenants, is_it, &Tenant::id) ||
           std::ranges::any_of(past_.changes, is_it, &EventDigest::Changed::tenant) ||
           std::ranges::any_of(past_.steps,
                               [&](const DoneStep& done) { return is_it(done.step.tenant); });
  }

  Explanation about_everything() {
    result_.about = "everything";
    if (report_.level == Level::normal) say("Nothing is short now");
    for (const PoolStatus& status : report_.pools) {
      const PoolAssessment& pool = status.assessment;
      const bool is_short = pool.level > Level::normal;
      if (!is_short && report_.level > Level::normal) continue;
      say(pool_sentence(pool, report_));
      if (is_short) say(holders_sentence(pool.pool, report_));
    }
    if (report_.level == Level::normal) {
      for (const auto& [pool, episode] : past_.episodes) say(episode_sentence(episode, report_));
    }
    for (const auto& kernel : past_.kernel) say(kernel_sentence(kernel, report_));
    tell_steps([](const Step&) { return true; });
    tell_declined([](const Declined&) { return true; });
    for (const Tenant& tenant : report_.tenants) tell_away(tenant);
    for (const Fault& fault : report_.faults) {
      say(fault.sensor + " cannot be read: " + to_string(fault.error));
    }
    return std::move(result_);
  }

  Explanation about_tenant(const TenantId& id) {
    result_.about = "tenant " + id.text;
    const auto tenant = std::ranges::find(report_.tenants, id, &Tenant::id);
    const bool is_here = tenant != report_.tenants.end();
    say(is_here ? tenant_sentence(*tenant, report_) : id.text + " is not registered now");
    if (is_here && tenant->pinned) say("It is pinned: nothing is taken from it");
    for (const auto& change : past_.changes) {
      if (change.tenant == id) say(change_sentence(change, report_));
    }
    tell_steps([&](const Step& step) { return step.tenant == id; });
    if (result_.done.empty()) say("Nothing was asked of it as far as the records go back");
    tell_declined([&](const Declined& declined) { return declined.tenant == id; });
    if (is_here) tell_away(*tenant);
    return std::move(result_);
  }

  Explanation about_process(pid_t pid) {
    for (const Tenant& tenant : report_.tenants) {
      if (tenant.process && tenant.process->pid == pid) return about_tenant(tenant.id);
    }
    result_.about = "process " + std::to_string(pid);
    for (const ProcessReading& process : report_.owners) {
      if (process.key.pid == pid) say(process_sentence(process));
    }
    for (const DeviceUse& use : report_.device_uses) {
      if (use.pid == pid) say("It holds " + to_string(use.bytes) + " in " + words(use.pool));
    }
    for (const auto& kernel : past_.kernel) {
      if (kernel.event.pid == pid) say(kernel_sentence(kernel, report_));
    }
    if (result_.lines.empty()) return unknown(result_.about);
    say("It is no tenant: nothing is taken from it");
    return std::move(result_);
  }

  Explanation about_step(std::uint64_t id) {
    result_.about = "step " + std::to_string(id);
    tell_steps([&](const Step& step) { return step.id == id; });
    if (result_.done.empty()) return unknown(result_.about);
    const Step& step = result_.done.back().step;
    if (!step.reason.empty()) say("It was decided because " + step.reason);
    if (!step.estimate.empty()) say("It was expected to have " + effect(step.estimate));
    return std::move(result_);
  }

  Explanation unknown(std::string_view query) {
    std::vector<std::string> names;
    for (const Tenant& tenant : report_.tenants) names.push_back(tenant.id.text);
    Explanation answer;
    answer.about = std::string(query);
    answer.found = false;
    answer.lines = {
        sentence("Nothing is known of " + answer.about + "; " +
                 (names.empty() ? "there are no tenants" : "the tenants are " + listed(names)))};
    return answer;
  }

 private:
  void say(std::string text) {
    if (!text.empty()) result_.lines.push_back(sentence(std::move(text)));
  }

  template <class Predicate>
  void tell_steps(Predicate concerns) {
    for (const DoneStep& done : past_.steps) {
      if (concerns(done.step)) result_.done.push_back(done);
    }
    const std::size_t count = result_.done.size();
    const std::size_t left_out = count - std::min(count, kMostSteps);
    if (left_out > 0) say(std::to_string(left_out) + " earlier measures are left out here");
    for (std::size_t i = left_out; i < count; ++i) say(step_sentence(result_.done[i], report_));
  }

  template <class Predicate>
  void tell_declined(Predicate concerns) {
    for (const Declined& declined : past_.declined) {
      const bool is_return = declined.why.starts_with(kNotGivenBack);
      if (concerns(declined) && !is_return) result_.declined.push_back(declined);
    }
    const std::size_t count = result_.declined.size();
    for (std::size_t i = count - std::min(count, kMostDeclined); i < count; ++i) {
      say(declined_sentence(result_.declined[i]));
    }
  }

  void tell_away(const Tenant& tenant) {
    for (const Taken& taken : tenant.taken) {
      // Caches fill again by themselves and pages are faulted in: nobody brings them back.
      if (taken.rung == Rung::trim || taken.rung == Rung::reclaim) continue;
      const std::string why = why_away(tenant, taken);
      say(away_sentence(tenant, taken, why, report_));
      result_.away.push_back({tenant.id, taken.rung, why});
    }
  }

  /// decide's own latest words where they were recorded, else what the report shows.
  std::string why_away(const Tenant& tenant, const Taken& taken) const {
    const auto told =
        std::find_if(past_.declined.rbegin(), past_.declined.rend(), [&](const Declined& declined) {
          return declined.tenant == tenant.id && declined.rung == taken.rung &&
                 declined.why.starts_with(kNotGivenBack);
        });
    if (told != past_.declined.rend()) return told->why.substr(kNotGivenBack.size());
    if (!tenant.connected) return "its program is not connected";
    if (report_.dry_run) return "nothing is carried out in a dry run";
    if (past_.policy && !past_.policy->restore.enabled) return "giving back is switched off";
    for (const PoolChange& change : taken.changes) {
      if (change.delta >= Bytes{}) continue;
      std::string obstacle = obstacle_in(change.pool, -change.delta);
      if (!obstacle.empty()) return obstacle;
    }
    return "its turn has not come; nothing stands in its way";
  }

  std::string obstacle_in(const PoolId& id, Bytes needed) const {
    const auto status = std::ranges::find_if(
        report_.pools, [&](const PoolStatus& pool) { return pool.assessment.pool == id; });
    if (status == report_.pools.end()) return "nothing is known of " + words(id);
    const PoolAssessment& pool = status->assessment;
    if (pool.unknown_since) {
      return words(id) + " has not been read for " + to_string(*pool.unknown_since);
    }
    if (pool.level > Level::normal) return words(id) + " is at " + std::string(name(pool.level));
    if (needed > pool.room) {
      return "it needs " + to_string(needed) + " of " + words(id) + ", where only " +
             to_string(std::max(Bytes{}, pool.room)) + " fit below the warning level";
    }
    if (pool.relaxed) return {};
    const std::string share = pool.share ? " is at " + percent(*pool.share) : " is not relaxed";
    if (!past_.policy) return words(id) + share + ", too full for giving back to begin";
    return words(id) + share + ", and giving back begins below " +
           percent(past_.policy->of(id).restore_below);
  }

  const StatusReport& report_;
  EventDigest past_;
  Explanation result_;
};

}  // namespace

Explanation explain(const std::vector<Event>& events, const StatusReport& report,
                    std::string_view query) {
  Answer answer(events, report);
  const std::string_view asked = trimmed(query);
  if (asked.empty()) return answer.about_everything();
  if (answer.knows_tenant(asked)) return answer.about_tenant({std::string(asked)});
  for (const std::string_view prefix : {"step ", "#"}) {
    if (!asked.starts_with(prefix)) continue;
    if (const auto id = parse_u64(asked.substr(prefix.size()))) return answer.about_step(*id);
  }
  if (const auto pid = parse_u64(asked); pid && *pid <= 0x7fffffff) {
    return answer.about_process(static_cast<pid_t>(*pid));
  }
  return answer.unknown(asked);
}

}  // namespace spillway
