#pragma once

#include "act/action.h"
#include "port/cgroup_fs.h"

namespace spillway {

/// Lets the kernel take cold pages from a tenant's own cgroup through memory.reclaim (cgroup v2,
/// Linux 5.19; Documentation/admin-guide/cgroup-v2.rst). File pages always: they relieve the group's
/// own limit, as far as they were dirty. Anonymous ones only into half of what swap or zram has
/// free: they relieve RAM. Nothing has to be given back: pages return when they are touched.
class CgroupReclaimAction final : public Action {
 public:
  explicit CgroupReclaimAction(const SysRoot& root);

  std::string_view name() const override { return "reclaim"; }
  Capability capability() const override;
  void offers(const Snapshot& snapshot, const Tenant& tenant,
              std::vector<Offer>& out) const override;
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  const SysRoot root_;
  const std::optional<CgroupHierarchy> groups_;  // where memory.reclaim is; none: unavailable
};

}  // namespace spillway
