#pragma once

#include <vector>

#include "fit/choose/situation.h"
#include "fit/choose/solve.h"

namespace spillway::fit {

/// A stack and a machine as a Problem, and its solutions as situations.
class Translation {
 public:
  Translation(const Stack& stack, const Machine& machine, const Limits& limits);

  const Problem& problem() const { return problem_; }
  Situation situation_of(const Solution& solution) const;

 private:
  struct Meaning {
    std::size_t variant = 0;
    bool unloaded = false;
  };
  void add(const Component& component);
  void add(const Component& component, const Variant& variant, Meaning meaning, Cost cost);
  void add_room(const Room& room, std::size_t gpu, const Limits& limits);

  const Stack& stack_;
  const std::vector<std::size_t> order_;  // of the items: the components by name
  Problem problem_;
  std::vector<std::vector<Meaning>> meanings_;  // per item, per choice
  std::vector<std::string> processes_;
};

}  // namespace spillway::fit
