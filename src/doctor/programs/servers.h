#pragma once

#include "doctor/recogniser.h"

namespace spillway::doctor {

/// What model servers say of their own accord: how long a context they were set up for, how big weights and cache
/// are, how much is free; and that a program died (shells, systemd).
class Servers final : public Recogniser {
 public:
  std::vector<std::string_view> marks() const override;
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;
};

}  // namespace spillway::doctor
