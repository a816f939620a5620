#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decide/decide.h"

namespace spillway {

inline constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

/// A pool as this decision sees it: the assessment, and what is under way already.
struct PoolView {
  const PoolAssessment* found = nullptr;
  PoolMemory* memory = nullptr;
  Bytes credit;               // promised by finished steps and not seen yet
  Bytes coming;               // expected from steps that run for another pool's sake
  Bytes charged;              // by steps that run or have not shown yet
  std::optional<Level> busy;  // a giving step runs for its sake, decided at this level
  bool wanted = false;        // an open demand wants its memory

  /// A step decided at a lower level does not hold up the ladder of a higher one.
  bool is_held_up() const { return busy && *busy >= found->level; }
  Bytes need() const { return found->excess - credit - coming; }
  /// How much may still be charged without coming near warning; none when the pool is unknown.
  std::optional<Bytes> room() const;
};

struct ChangeView {
  std::uint32_t pool = kNowhere;  // index into Round::pools
  Bytes delta;
};

struct OfferView {
  const Offer* offer = nullptr;
  std::uint32_t tenant = 0;  // index into Round::tenants
  std::uint32_t first_change = 0;
};

struct TenantView {
  const Tenant* tenant = nullptr;
  TenantMemory* memory = nullptr;  // null: nothing is remembered of it
  bool in_flight = false;
  bool frozen = false;
  bool is_process_busy = false;  // a step runs on a tenant of its process
  bool is_halted = false;        // it, or another tenant of its process, is frozen
  bool awaited = false;          // something that it promised has not arrived
};

/// One decision in the making: the situation with every name looked up once, and the plan so far.
/// O(pools + tenants + offers) to build, in whatever order the offers come.
class Round {
 public:
  Round(const Situation& situation, LadderState& decided_state, TimePoint moment);
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  std::uint32_t pool_index(const PoolId& pool) const;        // kNowhere when not assessed
  std::uint32_t tenant_index(const TenantId& tenant) const;  // kNowhere when not registered
  std::span<const ChangeView> changes(const OfferView& offer) const;
  TenantMemory& remember(std::uint32_t tenant);
  const ActionMemory* action_memory(const OfferView& offer) const;
  double trust(const OfferView& offer) const;  // the yield learned, 1 when nothing is known

  /// Numbers the step, puts it into the plan and counts what it frees and charges from now on.
  void start(Step step);
  /// As start, but for a dry run: nothing is under way afterwards.
  void predict(Step step);
  void decline(const PoolId& pool, const TenantId& tenant, Rung rung, std::string why);

  const Situation& in;
  LadderState& state;
  const TimePoint now;
  Plan plan;
  std::vector<PoolView> pools;      // parallel to in.assessment.pools
  std::vector<TenantView> tenants;  // parallel to in.tenants
  std::vector<OfferView> offers;    // those of known tenants

 private:
  void count(const PoolId& pool, Direction direction, Rung rung, Level level,
             const TenantId& tenant, std::span<const PoolChange> estimate);
  void resolve_offers();
  void find_halted();

  std::vector<ChangeView> changes_;
};

/// More declined entries than anybody reads; beyond, they are left out.
inline constexpr std::size_t kMostDeclined = 64;

}  // namespace spillway
