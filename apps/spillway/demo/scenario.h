#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "demo/follower.h"
#include "demo/stack.h"
#include "demo/timeline.h"

namespace spillway {

/// What a run came to.
struct DemoVerdict {
  Tally requests;
  int programs_killed = 0;
  std::uint64_t kernel_kills = 0;  // the kernel's own count, where there is a cgroup
  Bytes peak;                      // highest use seen under the limit
  bool restored = false;           // every program answers from its full weights again
  std::string first_death;         // "llm, 9.1 s after the start"; empty: nobody died
  std::optional<Deeds> deeds;      // of the guard, when there was one
};

/// How the run is made.
struct Run {
  const Ground& ground;
  const Sizes& sizes;
  Timeline& timeline;
  ChildSpec common;  // environment and arguments of the stages
  std::string visitor_cgroup_procs;
  std::function<std::optional<Bytes>()> used;  // under the limit, now
  std::function<std::uint64_t()> kernel_kills;
  std::function<void(const std::vector<pid_t>&)> members;  // told who is under the limit
  Follower* follower = nullptr;                            // none without a guard
};

/// The day of a voice stack in forty seconds: people talk, a visitor comes for most of the memory
/// and leaves again, people talk on. Ends early when a program has been killed. Blocks.
Result<DemoVerdict> play(const Run& run);

}  // namespace spillway
