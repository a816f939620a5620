#include "fit/choose/solve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "fit/choose/partition.h"

namespace spillway::fit {
namespace {

/// Tries everything, and adds up from scratch each time.
class BruteForce {
 public:
  explicit BruteForce(const Problem& problem) : problem_(problem), picks_(problem.items.size()) {}

  std::optional<Cost> best() {
    place(0);
    return best_;
  }

  std::optional<Cost> cost_of(const std::vector<Pick>& picks) const {
    std::vector<Load> used(problem_.gpus.size() + 1);  // the last is RAM
    Cost cost = 0;
    for (std::size_t i = 0; i < picks.size(); ++i) {
      const Choice& choice = problem_.items[i].choices[picks[i].choice];
      cost = cost + choice.cost;
      used.back() = used.back() + choice.ram;
      if (picks[i].gpu != kNoGpu) used[picks[i].gpu] = used[picks[i].gpu] + choice.vram;
    }
    for (std::size_t where = 0; where < used.size(); ++where) add_overheads(picks, where, used);
    for (std::size_t where = 0; where < used.size(); ++where) {
      const bool is_ram = where == problem_.gpus.size();
      Load room = is_ram ? problem_.ram : problem_.gpus[where];
      if (used[where].high == 0) continue;
      if (!used[where].within(room)) return std::nullopt;
      room = room - used[where];
      for (const Yield& yield : problem_.yields) {
        if (yield.gpu != (is_ram ? kNoGpu : where)) continue;
        if (!yield.bytes.within(room)) cost = cost + yield.cost;
      }
    }
    return cost;
  }

 private:
  void add_overheads(const std::vector<Pick>& picks, std::size_t where,
                     std::vector<Load>& used) const {
    const bool is_ram = where == problem_.gpus.size();
    std::vector<Load> groups(2);  // Draw makes two
    for (std::size_t i = 0; i < picks.size(); ++i) {
      if (!is_ram && picks[i].gpu != where) continue;
      const Item& item = problem_.items[i];
      const Choice& choice = item.choices[picks[i].choice];
      const Load overhead = is_ram ? choice.ram_overhead : choice.vram_overhead;
      if (item.group == Item::kNoGroup) {
        used[where] = used[where] + overhead;
      } else {
        Load& most = groups[item.group];
        most = {std::max(most.likely, overhead.likely), std::max(most.high, overhead.high)};
      }
    }
    for (const Load& group : groups) used[where] = used[where] + group;
  }

  void place(std::size_t item) {
    if (item == picks_.size()) {
      const auto cost = cost_of(picks_);
      if (cost && (!best_ || *cost < *best_)) best_ = cost;
      return;
    }
    for (std::size_t c = 0; c < problem_.items[item].choices.size(); ++c) {
      const std::size_t gpu = problem_.items[item].choices[c].gpu;
      const std::size_t first = gpu == kAnyGpu ? 0 : gpu;
      const std::size_t last = gpu == kAnyGpu ? problem_.gpus.size() : gpu + 1;
      for (std::size_t g = first; g < last || g == kNoGpu; ++g) {
        picks_[item] = {c, g};
        place(item + 1);
        if (g == kNoGpu) break;
      }
    }
  }

  const Problem& problem_;
  std::vector<Pick> picks_;
  std::optional<Cost> best_;
};

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed) {}

  std::int64_t number(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  }
  Load load(std::int64_t most) {
    const std::int64_t likely = number(0, most);
    return {likely, likely + number(0, likely / 4)};
  }

  /// Things that do not all fit as they are, mostly.
  Problem problem(std::size_t items, std::size_t gpus, std::size_t choices, std::int64_t room) {
    Problem problem;
    for (std::size_t g = 0; g < gpus; ++g) {
      const std::int64_t likely = number(room / 2, room);
      problem.gpus.push_back({likely, likely + likely / 4});
    }
    problem.ram = {number(room / 2, 2 * room), 3 * room};
    for (std::size_t i = 0; i < items; ++i) problem.items.push_back(item(gpus, choices));
    for (std::size_t g = 0; g < gpus; ++g) {
      if (number(0, 2) > 0) continue;
      problem.yields.push_back({g, load(room / 4), 1});
    }
    return problem;
  }

  Item item(std::size_t gpus, std::size_t choices) {
    Item item;
    if (number(0, 1) == 0) item.group = static_cast<std::size_t>(number(0, 1));
    Choice choice{0, kAnyGpu, load(400), load(100), load(60), load(30)};
    if (number(0, 3) == 0)
      choice.gpu = static_cast<std::size_t>(number(0, static_cast<int>(gpus) - 1));
    item.choices.push_back(choice);
    while (item.choices.size() < choices) {
      Choice other = choice;
      const std::int64_t kind = number(0, 9);
      other.cost = Cost{1} << (6 * kind);
      const std::int64_t left = number(1, 10);
      other.vram = {choice.vram.likely * left / 10, choice.vram.high * left / 10};
      if (kind > 5) {
        other.gpu = kNoGpu;
        other.ram = other.ram + choice.vram;
        other.vram = other.vram_overhead = {};
      }
      item.choices.push_back(other);
    }
    return item;
  }

 private:
  std::mt19937 random_;
};

TEST(Solve, FindsWhatTryingEverythingFinds) {
  int found = 0, hopeless = 0, changed = 0, by_sets = 0;
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    Draw draw(seed);
    const std::size_t items = 1 + seed % 4, gpus = 1 + seed % 3;
    const Problem problem = draw.problem(items, gpus, 1 + seed / 4 % 4, 550);
    BruteForce brute(problem);
    const auto best = brute.best();
    const Solution solution = solve(problem);
    ASSERT_TRUE(solution.exact);
    if (const auto sets = solve_by_sets(problem, std::nullopt)) {
      ++by_sets;
      ASSERT_EQ(sets->found, best.has_value()) << "seed " << seed;
      if (best) {
        ASSERT_EQ(sets->cost, *best) << "seed " << seed;
        ASSERT_EQ(brute.cost_of(sets->picks), sets->cost) << "seed " << seed;
      }
    }
    ASSERT_EQ(solution.found, best.has_value()) << "seed " << seed;
    if (!best) {
      ++hopeless;
      continue;
    }
    ++found;
    changed += *best != 0;
    ASSERT_EQ(solution.cost, *best) << "seed " << seed;
    ASSERT_EQ(brute.cost_of(solution.picks), solution.cost) << "seed " << seed;
  }
  // All kinds of answer were met, often.
  EXPECT_GT(by_sets, 1000);
  EXPECT_GT(found, 300);
  EXPECT_GT(hopeless, 300);
  EXPECT_GT(changed, 300);
}

TEST(Solve, IsExactForTwelveOnFourGpus) {
  std::uint64_t most = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    Draw draw(seed);
    // From hopeless to roomy: the hard ones lie between.
    const Solution solution = solve(draw.problem(12, 4, 8, 350 + 3 * seed));
    EXPECT_TRUE(solution.exact) << "seed " << seed;
    most = std::max(most, solution.visited);
  }
  // Work and not time, which depends on who else runs: about 0.1 us each.
  EXPECT_LT(most, 600'000U);
}

TEST(Solve, SetsAndBranchesFindTheSame) {
  int told = 0;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    Draw draw(seed);
    Problem problem = draw.problem(7, 3, 6, 700);
    problem.ram = {1 << 20, 1 << 20};
    const Solution whole = solve(problem, 20'000);  // by branches alone
    if (!whole.exact) continue;
    const auto sets =
        solve_by_sets(problem, whole.found ? std::optional(whole.cost) : std::nullopt);
    ASSERT_TRUE(sets);
    ++told;
    EXPECT_EQ(sets->found, whole.found) << "seed " << seed;
    EXPECT_EQ(sets->cost, whole.cost) << "seed " << seed;
  }
  EXPECT_GT(told, 20);
}

TEST(Solve, SetsLeaveRamToTheBranches) {
  Problem problem;
  problem.gpus = {{100, 100}};
  problem.ram = {50, 50};
  const Choice on_gpu{0, kAnyGpu, {80, 80}, {60, 60}, {}, {}};
  const Choice less{1, kAnyGpu, {80, 80}, {40, 40}, {}, {}};
  problem.items = {Item{{on_gpu, less}}};
  EXPECT_FALSE(solve_by_sets(problem, std::nullopt));
  EXPECT_EQ(solve(problem).cost, 1U);
  problem.items.resize(13, problem.items[0]);
  EXPECT_FALSE(solve_by_sets(problem, std::nullopt));
}

TEST(Solve, SaysWhenItGaveUp) {
  Draw draw(7);
  const Problem problem = draw.problem(12, 4, 8, 700);
  EXPECT_FALSE(solve(problem, 3).exact);
}

TEST(Solve, OfEqualWaysTakesTheFirst) {
  Problem problem;
  problem.gpus = {{100, 100}, {100, 100}};
  problem.ram = {100, 100};
  const Choice as_is{0, kAnyGpu, {60, 60}, {}, {}, {}};
  const Choice less{1, kAnyGpu, {40, 40}, {}, {}, {}};
  problem.items = {Item{{as_is, less}}, Item{{as_is, less}}, Item{{as_is, less}}};
  const Solution solution = solve(problem);
  EXPECT_EQ(solution.cost, 1U);
  EXPECT_EQ(solution.picks, (std::vector<Pick>{{0, 0}, {0, 1}, {1, 0}}));
  EXPECT_EQ(solve(problem).picks, solution.picks);
}

TEST(Solve, SharedOverheadIsPaidOncePerGpu) {
  Problem problem;
  problem.gpus = {{100, 100}};
  problem.ram = {100, 100};
  const Choice choice{0, kAnyGpu, {30, 30}, {}, {25, 25}, {}};
  problem.items = {Item{{choice}, 0}, Item{{choice}, 0}};
  EXPECT_TRUE(solve(problem).found);
  problem.items[1].group = Item::kNoGroup;
  EXPECT_FALSE(solve(problem).found);
}

TEST(Solve, OthersGiveBackOnlyWhereItIsNeeded) {
  Problem problem;
  problem.gpus = {{100, 100}, {100, 100}};
  problem.ram = {100, 100};
  problem.items = {Item{{Choice{0, kAnyGpu, {60, 60}, {}, {}, {}}}}};
  problem.yields = {{0, {50, 50}, 1}, {1, {40, 40}, 1}};
  const Solution beside = solve(problem);
  EXPECT_EQ(beside.picks[0].gpu, 1U);
  EXPECT_EQ(beside.yielded, (std::vector<bool>{false, false}));
  problem.items.push_back(problem.items[0]);
  EXPECT_EQ(solve(problem).yielded, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace spillway::fit
