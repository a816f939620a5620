#pragma once

#include "doctor/recogniser.h"

namespace spillway::doctor {

/// Xid lines of NVIDIA's kernel driver (open-gpu-kernel-modules, nvidia.ko: "NVRM: Xid (PCI:...): N, ...";
/// what the numbers mean: docs.nvidia.com/deploy/xid-errors).
class Xid final : public Recogniser {
 public:
  std::vector<std::string_view> marks() const override { return {"NVRM: Xid"}; }
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;

 private:
  std::vector<std::string> devices_;  // PCI addresses in order of appearance
};

}  // namespace spillway::doctor
