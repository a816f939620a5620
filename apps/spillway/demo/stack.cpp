#include "demo/stack.h"

#include <sys/wait.h>

#include <algorithm>

#include "voice/weights.h"

namespace spillway {
namespace {

Check check_of(const StageSize& size) {
  return [size](std::uint64_t request, const std::string& answer) {
    const auto space = answer.find(' ');
    voice::Form form{};
    if (space == std::string::npos || !voice::parse(answer.substr(space + 1), form)) return false;
    const auto bytes = static_cast<std::size_t>(size.weights.count);
    return answer.substr(0, space) ==
           std::to_string(voice::Weights::expected(size.seed, bytes, form, request));
  };
}

}  // namespace

std::string Ground::weights(const StageSize& stage) const {
  return directory + "/" + std::string(stage.name) + ".weights";
}

Result<Stack> Stack::start(const Ground& ground, const Sizes& sizes, const ChildSpec& common) {
  Stack stack;
  for (const StageSize& size : sizes.stages) {
    const std::string name(size.name);
    const std::string socket = ground.directory + "/" + name + ".sock";
    ChildSpec spec = common;
    spec.command = {ground.programs + "/voice-" + name, "--weights", ground.weights(size),
                    "--socket", socket};
    spec.command.insert(spec.command.end(), common.command.begin(), common.command.end());
    auto child = Child::start(spec);
    if (!child) return tl::unexpected(child.error());
    stack.members_.push_back({.size = size, .child = std::move(*child)});
  }
  for (Member& member : stack.members_) {
    const std::string name(member.size.name);
    if (!member.child.wait_for("ready", 60s)) {
      return fail(Errc::unavailable, "voice-" + name + " did not come up");
    }
    member.load =
        std::make_unique<Load>(ground.directory + "/" + name + ".sock", check_of(member.size));
  }
  return stack;
}

Stack::Member& Stack::member(std::string_view name) {
  return *std::find_if(members_.begin(), members_.end(),
                       [&](const Member& member) { return member.size.name == name; });
}

void Stack::talk(bool with_tts) {
  for (Member& member : members_) {
    const bool asked = with_tts || member.size.name != "tts";
    member.load->pace(asked ? member.size.pace : Duration::zero());
  }
}

void Stack::murmur() {
  for (Member& member : members_) member.load->pace(1s);
}

int Stack::killed() {
  int count = 0;
  for (Member& member : members_) {
    if (const auto status = member.child.ended()) member.killed |= WIFSIGNALED(*status);
    count += member.killed;
  }
  return count;
}

bool Stack::at_full() const {
  const std::string full = std::string(" ") + voice::name(voice::Form::resident);
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    const std::string answer = member.load->last_answer();
    return answer.size() > full.size() && answer.substr(answer.size() - full.size()) == full;
  });
}

Tally Stack::tally() const {
  Tally sum;
  for (const Member& member : members_) {
    const Tally tally = member.load->tally();
    sum.answered += tally.answered;
    sum.wrong += tally.wrong;
    sum.lost += tally.lost;
    sum.longest = std::max(sum.longest, tally.longest);
  }
  return sum;
}

}  // namespace spillway
