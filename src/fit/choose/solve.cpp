#include "fit/choose/solve.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "fit/choose/bounds.h"
#include "fit/choose/partition.h"

namespace spillway::fit {
namespace {

Load larger(Load a, Load b) { return {std::max(a.likely, b.likely), std::max(a.high, b.high)}; }

bool no_more(const Choice& a, const Choice& b) {
  return a.vram.within(b.vram) && a.ram.within(b.ram) && a.vram_overhead.within(b.vram_overhead) &&
         a.ram_overhead.within(b.ram_overhead);
}

/// Whoever takes `b` may as well take `a`.
bool dominates(const Choice& a, const Choice& b) {
  const bool as_free = a.gpu == kNoGpu || a.gpu == kAnyGpu || a.gpu == b.gpu;
  const bool placeable = a.gpu == kNoGpu || b.gpu != kNoGpu;
  return as_free && placeable && a.cost <= b.cost && no_more(a, b);
}

/// A memory while it is being filled: `left` when what is in `groups` has been paid once.
struct Filled {
  Load left;
  bool in_use = false;
  std::vector<Load> groups;

  /// What an item adds: its own part, and of the overhead what nobody has paid yet.
  Load added(const Item& item, Load own, Load overhead) const {
    if (item.group == Item::kNoGroup) return own + overhead;
    const Load paid = groups[item.group];
    return own + (larger(paid, overhead) - paid);
  }
  /// What put() changed, so that take_back() can undo it.
  struct Before {
    Load left, group;
    bool in_use = false;
  };
  Before put(const Item& item, Load bytes, Load overhead) {
    const bool shares = item.group != Item::kNoGroup;
    const Before before{left, shares ? groups[item.group] : Load{}, in_use};
    left = left - bytes;
    in_use = in_use || bytes.high > 0;
    if (shares) groups[item.group] = larger(groups[item.group], overhead);
    return before;
  }
  void take_back(const Item& item, const Before& before) {
    left = before.left;
    in_use = before.in_use;
    if (item.group != Item::kNoGroup) groups[item.group] = before.group;
  }
  bool same_as(const Filled& other) const { return left == other.left && groups == other.groups; }
};

constexpr std::uint64_t kShortSearch = 64;      // not worth a table
constexpr std::uint64_t kQuickSearch = 20'000;  // a millisecond; what takes longer may take minutes

class Search {
 public:
  Search(const Problem& problem, std::uint64_t most_visited)
      : problem_(problem), most_visited_(most_visited) {
    std::size_t groups = 0;
    for (const Item& item : problem.items) {
      if (item.group != Item::kNoGroup) groups = std::max(groups, item.group + 1);
      for (const Choice& choice : item.choices) {
        if (choice.gpu < kAnyGpu) named_.insert(choice.gpu);
      }
    }
    for (const Yield& yield : problem.yields) named_.insert(yield.gpu);
    for (const Load& gpu : problem.gpus) {
      gpus_.push_back({gpu, false, std::vector<Load>(groups)});
      left_.gpus.push_back(gpu.likely);
    }
    ram_ = {problem.ram, false, std::vector<Load>(groups)};
    left_.ram = problem.ram.likely;
    left_.paid.assign(groups, 0);
    room_ = left_;
    sort_items();
    picks_.resize(items_.size());
  }

  Solution run() {
    place(0, 0);
    solution_.exact = solution_.visited < most_visited_;
    solution_.visited = std::min(solution_.visited, most_visited_);
    return std::move(solution_);
  }

 private:
  void sort_items() {
    order_.resize(problem_.items.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    // By what an item needs in any case: what cannot be placed is then noticed early.
    const auto size = [&](std::size_t i) {
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (const Choice& choice : problem_.items[i].choices) {
        least = std::min(least, choice.vram.likely + choice.ram.likely);
      }
      return least;
    };
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      const int left = problem_.items[a].priority, right = problem_.items[b].priority;
      return left != right ? left > right : size(a) > size(b);
    });
    for (const std::size_t i : order_) {
      const Item& item = problem_.items[i];
      std::vector<std::size_t> kept;
      for (std::size_t c = 0; c < item.choices.size(); ++c) {
        if (!fits(item, item.choices[c])) continue;  // not even alone
        const bool better = std::any_of(kept.begin(), kept.end(), [&](std::size_t k) {
          return dominates(item.choices[k], item.choices[c]);
        });
        if (better) continue;
        std::erase_if(kept,
                      [&](std::size_t k) { return dominates(item.choices[c], item.choices[k]); });
        kept.push_back(c);
      }
      std::stable_sort(kept.begin(), kept.end(), [&](std::size_t a, std::size_t b) {
        return item.choices[a].cost < item.choices[b].cost;
      });
      Item& sorted = items_.emplace_back(Item{{}, item.group, item.priority});
      for (const std::size_t c : kept) sorted.choices.push_back(item.choices[c]);
      tags_.push_back(std::move(kept));
    }
  }

  bool fits(const Item& item, const Choice& choice) const {
    const Load ram = ram_.added(item, choice.ram, choice.ram_overhead);
    if (ram.high > 0 && !ram.within(ram_.left)) return false;
    if (choice.gpu == kNoGpu) return true;
    const auto fits_on = [&](const Filled& gpu) {
      const Load vram = gpu.added(item, choice.vram, choice.vram_overhead);
      return vram.high <= 0 || vram.within(gpu.left);
    };
    if (choice.gpu != kAnyGpu) return fits_on(gpus_[choice.gpu]);
    return std::any_of(gpus_.begin(), gpus_.end(), fits_on);
  }

  /// What items_[from...] cost at least when each is alone with those placed already.
  Cost least_alone(std::size_t from) const {
    Cost sum = 0;
    for (std::size_t i = from; i < items_.size(); ++i) {
      const auto& choices = items_[i].choices;
      const auto first = std::find_if(choices.begin(), choices.end(), [&](const Choice& choice) {
        return fits(items_[i], choice);
      });
      if (first == choices.end()) return SumBound::kImpossible;
      sum = sum + first->cost;
    }
    return sum;
  }

  /// The tables are made when the search turns out not to be a short one.
  Cost least_together(std::size_t from) {
    if (solution_.visited < kShortSearch) return 0;
    if (!bounds_) bounds_.emplace(items_, room_);
    return bounds_->least(from, left_);
  }

  bool can_beat(Cost cost) const {
    return cost < SumBound::kImpossible && (!solution_.found || cost < solution_.cost);
  }

  /// Places items_[item...]; what is placed so far costs `cost`.
  void place(std::size_t item, Cost cost) {
    if (solution_.visited >= most_visited_) return;
    if (item == items_.size()) return finish(cost);
    for (std::size_t c = 0; c < items_[item].choices.size(); ++c) {
      const Choice& choice = items_[item].choices[c];
      if (!can_beat(cost + choice.cost)) return;
      if (choice.gpu == kNoGpu) {
        put(item, c, kNoGpu, cost);
      } else if (choice.gpu != kAnyGpu) {
        put(item, c, choice.gpu, cost);
      } else {
        for (std::size_t gpu = 0; gpu < gpus_.size(); ++gpu) {
          if (!has_twin_before(gpu)) put(item, c, gpu, cost);
        }
      }
    }
  }

  /// A GPU that looks the same was tried already.
  bool has_twin_before(std::size_t gpu) const {
    if (named_.contains(gpu)) return false;
    for (std::size_t other = 0; other < gpu; ++other) {
      if (!named_.contains(other) && gpus_[other].same_as(gpus_[gpu])) return true;
    }
    return false;
  }

  void put(std::size_t i, std::size_t c, std::size_t gpu, Cost cost) {
    ++solution_.visited;
    const Item& item = items_[i];
    const Choice& choice = item.choices[c];
    const Load ram_bytes = ram_.added(item, choice.ram, choice.ram_overhead);
    if (ram_bytes.high > 0 && !ram_bytes.within(ram_.left)) return;
    Load bytes;
    if (gpu != kNoGpu) {
      bytes = gpus_[gpu].added(item, choice.vram, choice.vram_overhead);
      if (bytes.high > 0 && !bytes.within(gpus_[gpu].left)) return;
    }
    const auto ram_before = ram_.put(item, ram_bytes, choice.ram_overhead);
    Filled::Before gpu_before;
    left_.ram -= ram_bytes.likely;
    note_paid(item);
    if (gpu != kNoGpu) {
      gpu_before = gpus_[gpu].put(item, bytes, choice.vram_overhead);
      left_.gpus[gpu] -= bytes.likely;
    }
    picks_[i] = {c, gpu};
    const Cost so_far = cost + choice.cost;
    if (can_beat(so_far + least_alone(i + 1)) && can_beat(so_far + least_together(i + 1))) {
      place(i + 1, so_far);
    }
    ram_.take_back(item, ram_before);
    left_.ram += ram_bytes.likely;
    note_paid(item);
    if (gpu == kNoGpu) return;
    gpus_[gpu].take_back(item, gpu_before);
    left_.gpus[gpu] += bytes.likely;
  }

  void note_paid(const Item& item) {
    if (item.group != Item::kNoGroup) left_.paid[item.group] = ram_.groups[item.group].likely;
  }

  /// All items have their place: who must give back, cheapest first?
  void finish(Cost cost) {
    std::vector<bool> yielded;
    std::vector<Load> left;
    for (const Filled& gpu : gpus_) left.push_back(gpu.left);
    Load ram_left = ram_.left;
    for (const Yield& yield : problem_.yields) {
      Load& room = yield.gpu == kNoGpu ? ram_left : left[yield.gpu];
      const bool in_use = yield.gpu == kNoGpu ? ram_.in_use : gpus_[yield.gpu].in_use;
      const bool stays = !in_use || yield.bytes.within(room);
      if (stays) room = room - yield.bytes;
      if (!stays) cost = cost + yield.cost;
      yielded.push_back(!stays);
    }
    if (!can_beat(cost)) return;
    solution_.found = true;
    solution_.cost = cost;
    solution_.yielded = std::move(yielded);
    solution_.picks.assign(items_.size(), {});
    for (std::size_t i = 0; i < items_.size(); ++i) {
      solution_.picks[order_[i]] = {tags_[i][picks_[i].choice], picks_[i].gpu};
    }
  }

  const Problem& problem_;
  const std::uint64_t most_visited_;
  std::vector<std::size_t> order_;              // items_[i] is problem_.items[order_[i]]
  std::vector<Item> items_;                     // without choices that another makes pointless
  std::vector<std::vector<std::size_t>> tags_;  // where their choices were in the problem
  std::set<std::size_t> named_;                 // GPUs that something is bound to
  std::vector<Filled> gpus_;
  Filled ram_;
  Left room_, left_;  // of the same, the expected bytes alone: at first, and now
  std::optional<Bounds> bounds_;
  std::vector<Pick> picks_;
  Solution solution_;
};

}  // namespace

Solution solve(const Problem& problem, std::uint64_t most_visited) {
  Solution first = Search(problem, std::min(most_visited, kQuickSearch)).run();
  if (first.exact || most_visited <= kQuickSearch) return first;
  const auto known = first.found ? std::optional(first.cost) : std::nullopt;
  if (auto by_sets = solve_by_sets(problem, known)) {
    by_sets->visited = first.visited;
    return std::move(*by_sets);
  }
  return Search(problem, most_visited).run();
}

}  // namespace spillway::fit
