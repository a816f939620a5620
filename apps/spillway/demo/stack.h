#pragma once

#include <memory>
#include <string>
#include <vector>

#include "demo/child.h"
#include "demo/load.h"
#include "demo/sizes.h"

namespace spillway {

/// Where the demo keeps its files and finds its programs.
struct Ground {
  std::string directory;  // of its own, removed at the end
  std::string programs;   // where voice-stt and the others are
  std::string weights(const StageSize& stage) const;
};

/// The four programs of the voice stack and the load on them.
class Stack {
 public:
  struct Member {
    StageSize size;
    Child child;
    std::unique_ptr<Load> load;
    bool killed = false;  // by somebody else
  };

  /// Starts all and waits until each says "ready". `environment` and `arguments` are added to all.
  static Result<Stack> start(const Ground& ground, const Sizes& sizes, const ChildSpec& common);

  std::vector<Member>& members() { return members_; }
  Member& member(std::string_view name);

  /// People talk: every program is asked at its own pace, tts only when `with_tts`.
  void talk(bool with_tts);
  /// A pace at which every program is asked now and then.
  void murmur();
  /// Marks the programs that have been killed; how many those are.
  int killed();
  /// Whether every program's latest answer came from its full weights.
  bool at_full() const;
  /// The tallies of all together.
  Tally tally() const;

 private:
  std::vector<Member> members_;
};

}  // namespace spillway
