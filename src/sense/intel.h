#pragma once

#include "sense/dmem.h"
#include "sense/drm_sensor.h"

namespace spillway {

/// Intel's GPUs with memory of their own, through i915 and xe: pools `vram:<PCI address>`, users from
/// fdinfo. How much is in use, from the first of these that knows: the dmem controller (Linux 6.14),
/// the driver (with CAP_PERFMON only), the sum over all clients where every process could be looked at;
/// else it is unknown, not zero. The integrated GPU is never touched.
class IntelSensor final : public DrmSensor {
 public:
  IntelSensor(const SysRoot& root, std::shared_ptr<DrmClients> clients,
              DrmQuery query = &query_drm);

 protected:
  Status identify(Card& card) override;
  Result<DrmFacts> measure(Card& card, const Look& look) override;

 private:
  std::optional<DrmFacts> from_dmem(const Card& card, const Look& look);
  std::optional<Bytes> from_clients(const Card& card, const Look& look);

  DmemSensor dmem_;
};

}  // namespace spillway
