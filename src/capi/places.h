#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tenant.h"

namespace spillway {

/// Where a tenant without variants is as long as nothing was taken from it.
inline constexpr std::string_view kResident = "resident";
inline constexpr std::string_view kCpu = "cpu";

/// The variants and places of one tenant, and what it holds at each. A place is the name of a
/// variant, "resident", "cpu", or "" when it is unloaded. Plain data; not thread-safe.
class Places {
 public:
  /// `bytes` counts only without variants. A variant called "cpu" that holds nothing is taken to
  /// need in RAM what the first one holds elsewhere: moving there is not for nothing.
  Places(PoolId own, Bytes bytes, std::vector<Variant> variants);

  const PoolId& own() const { return own_; }
  const std::vector<Variant>& variants() const { return variants_; }

  /// Where it is when nothing was taken.
  std::string home() const;
  /// A variant for the CPU was declared.
  bool has_cpu() const { return find(kCpu) != nullptr; }
  bool known(std::string_view place) const;
  /// The place that a question means: its detail, or what `verb` means without one.
  std::string target(std::string_view verb, std::string_view detail, std::string_view now) const;
  std::vector<PoolChange> holds(std::string_view place) const;
  /// What changes on the way, per pool.
  std::vector<PoolChange> change(std::string_view from, std::string_view to) const;
  /// The program knows better what it holds there.
  void set_bytes(std::string_view place, const PoolId& pool, Bytes bytes);

 private:
  const Variant* find(std::string_view place) const;

  PoolId own_;
  std::vector<PoolChange> resident_;
  std::vector<Variant> variants_;
};

/// Whether requests served there are computed on the CPU.
inline bool on_cpu(std::string_view place) { return place == kCpu; }

}  // namespace spillway
