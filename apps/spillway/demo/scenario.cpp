#include "demo/scenario.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>

namespace spillway {
namespace {

using std::chrono::steady_clock;

class Play {
 public:
  Play(const Run& run, Stack stack) : run_(run), stack_(std::move(stack)) { tell_members(); }

  DemoVerdict perform() {
    run_.timeline.say(
        fmt::format("four programs are up, {} of weights", to_string(run_.sizes.weights())));
    stack_.talk(true);
    pass(3s, "people talk");
    stack_.talk(false);
    pass(6s, "people talk, nobody needs a voice");
    if (alive()) visit();
    if (alive() && run_.follower) recover();
    if (!alive()) {  // the kernel may have taken another one with it
      std::this_thread::sleep_for(500ms);
      verdict_.first_death = the_dead();
    }
    verdict_.requests = stack_.tally();
    verdict_.programs_killed = stack_.killed() + visitor_killed();
    verdict_.kernel_kills = run_.kernel_kills();
    return verdict_;
  }

 private:
  bool alive() { return verdict_.first_death.empty(); }

  /// Lets time pass until `enough` or somebody dies; a gauge every two seconds.
  void pass(
      Duration time, const std::string& what,
      const std::function<bool()>& enough = [] { return false; }) {
    const auto start = steady_clock::now();
    auto next_gauge = start;
    while (alive() && steady_clock::now() - start < time && !enough()) {
      if (const auto used = run_.used()) {
        verdict_.peak = std::max(verdict_.peak, *used);
        if (steady_clock::now() >= next_gauge) {
          run_.timeline.gauge(*used, run_.sizes.limit, what);
          next_gauge += 2s;
        }
      }
      look_for_the_dead();
      std::this_thread::sleep_for(20ms);
    }
  }

  void look_for_the_dead() {
    verdict_.first_death = the_dead();
    if (alive()) return;
    run_.timeline.say("KILLED: " + verdict_.first_death + " (the kernel's OOM killer)");
  }

  /// Their names; empty while nobody has been killed.
  std::string the_dead() {
    std::string who = visitor_killed() ? "visitor" : "";
    if (stack_.killed() == 0) return who;
    for (const Stack::Member& member : stack_.members()) {
      if (member.killed) who += (who.empty() ? "" : ", ") + std::string(member.size.name);
    }
    return who;
  }

  void visit() {
    run_.timeline.say(
        fmt::format("a visitor comes: another program wants {}", to_string(run_.sizes.visitor)));
    const auto mib = [](Bytes bytes) { return std::to_string(bytes.count >> 20); };
    auto visitor =
        Child::start({.command = {run_.ground.programs + "/voice-visitor", mib(run_.sizes.visitor),
                                  mib(run_.sizes.visitor_per_second)},
                      .cgroup_procs = run_.visitor_cgroup_procs});
    if (!visitor) {
      verdict_.first_death = "visitor (it did not start)";
      return;
    }
    visitor_.emplace(std::move(*visitor));
    tell_members();
    pass(10s, "the visitor fills", [&] { return visitor_->wait_for("holding", 1ms); });
    pass(6s, "the visitor holds what it wanted");
    if (!alive()) return;
    visitor_->close_input();
    visitor_->stop(2s);
    visitor_.reset();
    tell_members();
    run_.timeline.say("the visitor leaves");
  }

  /// Until every program answers from its full weights again.
  void recover() {
    stack_.murmur();
    pass(40s, "people talk on", [&] { return everything_is_back(); });
    verdict_.restored = everything_is_back();
    if (verdict_.restored) pass(2s, "as before");
    verdict_.deeds = run_.follower->deeds();
  }

  bool everything_is_back() const {
    const Deeds deeds = run_.follower->deeds();
    return deeds.restores > 0 && stack_.at_full() &&
           std::all_of(deeds.away.begin(), deeds.away.end(),
                       [](const auto& entry) { return entry.second == 0; });
  }

  int visitor_killed() {
    const auto status = visitor_ ? visitor_->ended() : std::nullopt;
    return status && WIFSIGNALED(*status);
  }

  void tell_members() {
    std::vector<pid_t> pids;
    for (const Stack::Member& member : stack_.members()) pids.push_back(member.child.pid());
    if (visitor_) pids.push_back(visitor_->pid());
    run_.members(pids);
  }

  const Run& run_;
  Stack stack_;
  std::optional<Child> visitor_;
  DemoVerdict verdict_;
};

}  // namespace

Result<DemoVerdict> play(const Run& run) {
  auto stack = Stack::start(run.ground, run.sizes, run.common);
  if (!stack) return tl::unexpected(stack.error());
  return Play(run, std::move(*stack)).perform();
}

}  // namespace spillway
