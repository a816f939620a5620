#include "fit/choose/partition.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "fit/choose/label.h"

namespace spillway::fit {
namespace {

constexpr std::size_t kMostItems = 12;
constexpr std::size_t kMostGpus = 8;
constexpr Price kNever{~Cost{0} >> 1, 0};

using Set = std::uint32_t;  // a bit per item

/// What a set costs on a GPU, and by which of its labels.
struct Offer {
  Price price = kNever;
  std::uint32_t label = 0;
};

class Partition {
 public:
  Partition(const Problem& problem, Cost at_most)
      : problem_(problem), at_most_(at_most), sets_(Set{1} << problem.items.size()) {
    rank_items();
    for (const Item& item : problem.items) {
      for (const Choice& choice : item.choices) named_ = named_ || choice.gpu < kAnyGpu;
    }
  }

  Solution run() {
    deal_to_cpu();
    for (std::size_t gpu = problem_.gpus.size(); gpu-- > 0;) deal_to(gpu);
    Solution solution;
    if (best_.back() >= kNever) return solution;
    solution.found = true;
    read(solution);
    return solution;
  }

 private:
  /// 1 for the item that is to be changed first: of low priority, of equal ones the last.
  void rank_items() {
    std::vector<std::size_t> order(problem_.items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int left = problem_.items[a].priority, right = problem_.items[b].priority;
      return left != right ? left < right : a > b;
    });
    hits_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) hits_[order[i]] = i + 1;
  }

  void deal_to_cpu() {
    cpu_choice_.assign(problem_.items.size(), 0);
    std::vector<Price> alone;
    for (std::size_t i = 0; i < problem_.items.size(); ++i) {
      Price best = kNever;
      const auto& choices = problem_.items[i].choices;
      for (std::size_t c = 0; c < choices.size(); ++c) {
        const Price price{choices[c].cost, choices[c].cost > 0 ? hits_[i] : 0};
        if (choices[c].gpu != kNoGpu || !(price < best)) continue;
        best = price;
        cpu_choice_[i] = c;
      }
      alone.push_back(best);
    }
    best_.assign(sets_, {});
    for (Set set = 1; set < sets_; ++set) {
      const auto last = static_cast<std::size_t>(std::bit_width(set)) - 1;
      best_[set] = std::min(kNever, best_[set ^ (Set{1} << last)] + alone[last]);
    }
  }

  void deal_to(std::size_t gpu) {
    make_labels(gpu);
    std::vector<Offer>& offers = offers_.emplace_back(sets_);
    for (Set set = 1; set < sets_; ++set) offers[set] = offer(set, gpu);
    offers[0].price = {};
    // Of equal ways the one with most on this GPU: the first GPU, dealt to last, fills first.
    std::vector<Price> best(sets_, kNever);
    std::vector<Set>& taken = taken_.emplace_back(sets_, 0);
    for (Set all = 0; all < sets_; ++all) {
      for (Set here = all;; here = (here - 1) & all) {
        if (offers[here].price < kNever) {
          const Price price = std::min(kNever, offers[here].price + best_[all ^ here]);
          if (price < best[all]) {
            best[all] = price;
            taken[all] = here;
          }
        }
        if (here == 0) break;
      }
    }
    best_ = std::move(best);
  }

  /// Labels hold for all GPUs as long as nobody asked for one of them.
  void make_labels(std::size_t gpu) {
    if (!labels_.empty() && !named_) return;
    Load room = problem_.gpus[gpu];
    for (const Load& other : problem_.gpus) {
      if (named_) break;
      room = {std::max(room.likely, other.likely), std::max(room.high, other.high)};
    }
    auto& labels = labels_.emplace_back(sets_);
    labels[0].emplace_back();
    for (Set set = 1; set < sets_; ++set) {
      const auto last = static_cast<std::size_t>(std::bit_width(set)) - 1;
      labels[set] = extended(labels[set ^ (Set{1} << last)], problem_.items[last], hits_[last], gpu,
                             room, at_most_);
    }
  }

  const std::vector<Label>& labels_of(Set set, std::size_t gpu) const {
    return labels_[named_ ? problem_.gpus.size() - 1 - gpu : 0][set];
  }

  Offer offer(Set set, std::size_t gpu) const {
    Offer best;
    const auto& labels = labels_of(set, gpu);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const Load total = labels[i].total;
      if (!total.within(problem_.gpus[gpu])) continue;
      Price price = labels[i].price;
      for (const Yield& yield : problem_.yields) {
        const bool stays = (total + yield.bytes).within(problem_.gpus[gpu]) || total.high <= 0;
        if (yield.gpu == gpu && !stays) price.cost += yield.cost;
      }
      if (price < best.price) best = {price, static_cast<std::uint32_t>(i)};
    }
    return best;
  }

  /// Follows what was taken back to the choices, from the GPU that was dealt to last.
  void read(Solution& solution) const {
    solution.cost = best_.back().cost;
    solution.picks.resize(problem_.items.size());
    Set rest = sets_ - 1;
    for (std::size_t gpu = 0; gpu < problem_.gpus.size(); ++gpu) {
      const std::size_t dealt = problem_.gpus.size() - 1 - gpu;
      Set here = taken_[dealt][rest];
      rest ^= here;
      std::uint32_t label = offers_[dealt][here].label;
      while (here != 0) {
        const auto last = static_cast<std::size_t>(std::bit_width(here)) - 1;
        const Label& reached = labels_of(here, gpu)[label];
        solution.picks[last] = {reached.choice, gpu};
        label = reached.before;
        here ^= Set{1} << last;
      }
    }
    for (std::size_t i = 0; i < solution.picks.size(); ++i) {
      if ((rest >> i & 1) != 0) solution.picks[i] = {cpu_choice_[i], kNoGpu};
    }
  }

  const Problem& problem_;
  const Cost at_most_;
  const Set sets_;
  bool named_ = false;
  std::vector<std::uint64_t> hits_;      // per item
  std::vector<std::size_t> cpu_choice_;  // per item
  std::vector<Price> best_;              // of each set, with what was dealt to so far
  std::vector<std::vector<Set>> taken_;  // by the GPUs in the order of the deal
  std::vector<std::vector<Offer>> offers_;
  std::vector<std::vector<std::vector<Label>>> labels_;  // of all GPUs, or of each
};

/// What a solution leaves of RAM, and of each GPU.
std::vector<Load> left_by(const Problem& problem, const Solution& solution,
                          std::vector<bool>& in_use) {
  std::vector<Load> left = problem.gpus;
  left.push_back(problem.ram);
  in_use.assign(left.size(), false);
  std::vector<Overheads> groups(left.size());
  const auto take = [&](std::size_t where, const Item& item, Load bytes, Load overhead) {
    if (item.group == Item::kNoGroup) {
      bytes = bytes + overhead;
    } else {
      Load& group = groups[where][item.group];
      const Load now{std::max(group.likely, overhead.likely), std::max(group.high, overhead.high)};
      bytes = bytes + (now - group);
      group = now;
    }
    left[where] = left[where] - bytes;
    in_use[where] = in_use[where] || bytes.high > 0;
  };
  for (std::size_t i = 0; i < solution.picks.size(); ++i) {
    const Item& item = problem.items[i];
    const Choice& choice = item.choices[solution.picks[i].choice];
    take(problem.gpus.size(), item, choice.ram, choice.ram_overhead);
    const std::size_t gpu = solution.picks[i].gpu;
    if (gpu != kNoGpu) take(gpu, item, choice.vram, choice.vram_overhead);
  }
  return left;
}

}  // namespace

std::optional<Solution> solve_by_sets(const Problem& problem, std::optional<Cost> at_most) {
  if (problem.items.size() > kMostItems || problem.gpus.size() > kMostGpus) return std::nullopt;
  for (const Item& item : problem.items) {
    if (item.group != Item::kNoGroup && item.group >= kMostGroups) return std::nullopt;
  }
  Solution solution = Partition(problem, at_most.value_or(kNever.cost)).run();
  if (!solution.found) return solution;
  std::vector<bool> in_use;
  const std::vector<Load> left = left_by(problem, solution, in_use);
  if (in_use.back() && !Load{}.within(left.back())) return std::nullopt;
  for (const Yield& yield : problem.yields) {
    const std::size_t where = yield.gpu == kNoGpu ? problem.gpus.size() : yield.gpu;
    const bool stays = !in_use[where] || yield.bytes.within(left[where]);
    if (!stays && yield.gpu == kNoGpu) return std::nullopt;  // its cost was not weighed
    solution.yielded.push_back(!stays);
  }
  return solution;
}

}  // namespace spillway::fit
