#pragma once

#include "doctor/recogniser.h"

namespace spillway::doctor {

/// Kills of systemd-oomd (systemd, src/oom/oomd-manager.c) and of Meta's oomd (facebookincubator/oomd,
/// src/oomd/plugins/BaseKillPlugin.cpp).
class Oomd final : public Recogniser {
 public:
  std::vector<std::string_view> marks() const override;
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;
};

}  // namespace spillway::doctor
