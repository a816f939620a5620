#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "act/action.h"

namespace spillway {

/// The pools into which no new work may come: consulted before a lease is granted and before a lazy
/// model loads. Any thread.
class Refusals {
 public:
  bool refused(const PoolId& pool) const;
  void refuse(const PoolId& pool);
  void lift(const PoolId& pool);

 private:
  mutable std::mutex mutex_;
  std::set<PoolId> pools_;
};

/// Puts the step's pool on the list (restore: takes it off). Costs and frees nothing.
class RefuseAction final : public Action {
 public:
  explicit RefuseAction(std::shared_ptr<Refusals> refusals) : refusals_(std::move(refusals)) {}

  std::string_view name() const override { return "refuse"; }
  Capability capability() const override { return {"refuse", true, "leases and lazy loads"}; }
  void offers(const Snapshot&, const Tenant&, std::vector<Offer>&) const override {}
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  std::shared_ptr<Refusals> refusals_;
};

}  // namespace spillway
