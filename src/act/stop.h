#pragma once

#include "act/action.h"

namespace spillway {

/// The last rung: SIGTERM, and SIGKILL if it is still there after the grace. Only for tenants that
/// opted in (stop_allowed), never for a protected process (act/target.h). There is no way back.
class StopAction final : public Action {
 public:
  explicit StopAction(Duration grace) : grace_(grace) {}

  std::string_view name() const override { return "stop"; }
  Capability capability() const override;
  void offers(const Snapshot& snapshot, const Tenant& tenant,
              std::vector<Offer>& out) const override;
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  const Duration grace_;
};

}  // namespace spillway
