#include "record/sentences.h"

#include <algorithm>
#include <cctype>

#include "record/words.h"

namespace spillway {
namespace {

constexpr std::size_t kMostHolders = 3;

struct Holder {
  Bytes held;
  std::string who;
};

std::vector<Holder> holders_of(const PoolId& pool, const StatusReport& report) {
  std::vector<Holder> holders;
  for (const Tenant& tenant : report.tenants) {
    const Bytes held = tenant.held_in(pool);
    if (held > Bytes{}) holders.push_back({held, tenant.id.text});
  }
  const auto add = [&](pid_t pid, const std::string& called, std::optional<Bytes> held) {
    const bool is_tenant = std::any_of(
        report.tenants.begin(), report.tenants.end(),
        [&](const Tenant& tenant) { return tenant.process && tenant.process->pid == pid; });
    if (!held || *held <= Bytes{} || is_tenant) return;
    holders.push_back({*held, called + " (pid " + std::to_string(pid) + ")"});
  };
  for (const ProcessReading& owner : report.owners) {
    if (pool == kRam) add(owner.key.pid, owner.name, owner.pss ? owner.pss : owner.rss);
    if (pool == kSwap) add(owner.key.pid, owner.name, owner.swap);
  }
  for (const DeviceUse& use : report.device_uses) {
    if (use.pool == pool) add(use.pid, "a process", use.bytes);
  }
  std::stable_sort(holders.begin(), holders.end(),
                   [](const Holder& a, const Holder& b) { return a.held > b.held; });
  return holders;
}

std::string result_words(const Step& step, const std::optional<Outcome>& outcome) {
  if (!outcome) return "; it has not ended yet";
  const std::string took = to_string(outcome->took);
  const std::string why = outcome->error.empty() ? "" : ": " + outcome->error;
  switch (outcome->status) {
    case StepStatus::failed: return "; that failed after " + took + why;
    case StepStatus::timed_out: return "; it did not end within " + took + why;
    case StepStatus::skipped: return "; that was skipped" + why;
    case StepStatus::dry_run: return "; only as a dry run, nothing was done";
    case StepStatus::done: break;
  }
  if (step.rung == Rung::notify || step.rung == Rung::refuse) return {};
  std::string text;
  if (step.direction == Direction::give && step.target > Bytes{}) {
    text += "; wanted: " + to_string(step.target);
  }
  text += "; claimed: " + effect(outcome->claimed);
  text += "; measured: " + (outcome->measured.empty() ? "nothing yet" : effect(outcome->measured));
  text += "; it took " + took;
  if (outcome->pause > Duration{}) {
    text += " and made a request wait for at most " + to_string(outcome->pause);
  }
  return text;
}

}  // namespace

std::string how_long_since(TimePoint then, const StatusReport& report) {
  if (report.now == TimePoint{} || then == TimePoint{} || then > report.now) return {};
  return to_string(report.now - then);
}

std::string pool_sentence(const PoolAssessment& pool, const StatusReport& report) {
  const std::string how_long = how_long_since(pool.since, report);
  std::string text = words(pool.pool);
  if (pool.level == Level::normal || how_long.empty()) {
    text += " is at " + std::string(name(pool.level));
  } else {
    text += " has been at " + std::string(name(pool.level)) + " for " + how_long;
  }
  text += ": " + usage(pool);
  if (pool.excess > Bytes{}) text += "; " + to_string(pool.excess) + " must come back";
  return text;
}

std::string episode_sentence(const EventDigest::Episode& episode, const StatusReport& report) {
  std::string text = words(episode.worst.pool) + " rose to " +
                     std::string(name(episode.worst.level)) + " " + ago(episode.began, report.at) +
                     " (" + usage(episode.worst) + ")";
  if (episode.ended) text += " and was back at normal " + ago(*episode.ended, report.at);
  return text;
}

std::string holders_sentence(const PoolId& pool, const StatusReport& report) {
  const std::vector<Holder> holders = holders_of(pool, report);
  std::vector<std::string> items;
  for (std::size_t i = 0; i < std::min(kMostHolders, holders.size()); ++i) {
    items.push_back(holders[i].who + " with " + to_string(holders[i].held));
  }
  if (items.empty()) return {};
  const std::size_t more = holders.size() - items.size();
  if (more > 0) items.push_back(std::to_string(more) + " more");
  return words(pool) + " is held by " + listed(items);
}

std::string tenant_sentence(const Tenant& tenant, const StatusReport& report) {
  std::string text = tenant.id.text;
  if (tenant.process) text += " (pid " + std::to_string(tenant.process->pid) + ")";
  const std::string held = amounts(tenant.holds);
  text += held.empty() ? " holds nothing" : " holds " + held;
  if (!tenant.variant.empty()) text += ", runs as " + tenant.variant;
  text += ", has priority " + std::to_string(tenant.priority);
  const std::string idle = tenant.last_used ? how_long_since(*tenant.last_used, report) : "";
  if (tenant.busy) {
    text += " and is answering a request";
  } else if (!idle.empty()) {
    text += " and was last used " + idle + " ago";
  }
  return text;
}

std::string process_sentence(const ProcessReading& process) {
  std::vector<PoolChange> holds;
  if (process.rss) holds.push_back({kRam, *process.rss});
  if (process.swap) holds.push_back({kSwap, *process.swap});
  const std::string held = amounts(holds);
  return process.name + " (pid " + std::to_string(process.key.pid) + ") holds " +
         (held.empty() ? "an unknown amount" : held);
}

std::string change_sentence(const EventDigest::Changed& change, const StatusReport& report) {
  const auto what = [&]() -> std::string {
    switch (change.what) {
      case TenantChanged::What::registered: return "It registered ";
      case TenantChanged::What::updated: return "It was updated ";
      case TenantChanged::What::unregistered: return "It left ";
      case TenantChanged::What::lost: return "The connection to it was lost ";
      case TenantChanged::What::quarantined: return "It was last set apart ";
    }
    return {};
  };
  return what() + ago(change.at, report.at) + (change.reason.empty() ? "" : ": " + change.reason);
}

std::string kernel_sentence(const EventDigest::Kernel& kernel, const StatusReport& report) {
  const KernelEvent& event = kernel.event;
  const bool is_xid = event.kind == KernelEvent::Kind::xid;
  std::string text =
      is_xid ? "The driver reported a fault " : "The kernel killed for lack of memory ";
  text += ago(kernel.at, report.at);
  if (event.pid) text += " (pid " + std::to_string(*event.pid) + ")";
  return text + (event.text.empty() ? "" : ": " + event.text);
}

std::string step_sentence(const DoneStep& done, const StatusReport& report) {
  const Step& step = done.step;
  if (step.detail == "exhausted") {
    return "Nothing was left to take for " + words(step.pool) + " at " +
           std::string(name(step.level)) + " " + ago(done.at, report.at);
  }
  const std::string whom = step.tenant.text.empty() ? "everybody" : step.tenant.text;
  const std::string act = done_to(step.rung, step.detail);
  std::string text = ago(done.at, report.at) + ": " + whom;
  text += done.outcome && done.outcome->status == StepStatus::done ? " was " : " was to be ";
  text += step.direction == Direction::give ? act : "brought back from being " + act;
  if (!step.pool.text.empty()) {
    text += " for " + words(step.pool) + " at " + std::string(name(step.level));
    if (step.used && step.total) {
      text += " (" + to_string(*step.used) + " of " + to_string(*step.total) + ")";
    }
  }
  text += result_words(step, done.outcome);
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string declined_sentence(const Declined& declined) {
  std::string text = "Considered and declined";
  if (!declined.pool.text.empty()) text += " for " + words(declined.pool);
  text += ": " + std::string(name(declined.rung));
  if (!declined.tenant.text.empty()) text += " of " + declined.tenant.text;
  return text + ", because " + declined.why;
}

std::string away_sentence(const Tenant& tenant, const Taken& taken, const std::string& why,
                          const StatusReport& report) {
  std::string text = tenant.id.text + " is still " + done_to(taken.rung, taken.detail);
  const std::string how_long = how_long_since(taken.since, report);
  if (!how_long.empty()) text += ", for " + how_long + " now";
  if (!taken.changes.empty()) text += " (that " + effect(taken.changes) + ")";
  return text + "; it is not back because " + why;
}

}  // namespace spillway
