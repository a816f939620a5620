#pragma once

#include "sense/drm_sensor.h"

namespace spillway {

/// amdgpu's mem_info_* files, one number of bytes each (Documentation/gpu/amdgpu/driver-misc.rst).
Result<Bytes> parse_mem_info(std::string_view text);

/// AMD's GPUs: totals from sysfs, users from fdinfo. Pools are named as HIP names the devices,
/// `vram:GPU-<unique_id>`, or `vram:<PCI address>` for those that have no such number. An APU's small
/// share of RAM and its GTT are RAM; whether it is one, the driver says, and where it may not be asked
/// the presence of a memory vendor, which APUs have not.
class AmdgpuSensor final : public DrmSensor {
 public:
  AmdgpuSensor(SysRoot root, std::shared_ptr<DrmClients> clients, DrmQuery query = &query_drm);

 protected:
  Status identify(Card& card) override;
  Result<DrmFacts> measure(Card& card, const Look& look) override;

 private:
  Result<Bytes> figure(const Card& card, const char* name) const;
  Result<bool> is_integrated(const Card& card) const;
};

}  // namespace spillway
