#pragma once

#include "doctor/recogniser.h"

namespace spillway::doctor {

/// earlyoom's kills (rfjakob/earlyoom, main.c and kill.c), 1.2 to 1.9.
class Earlyoom final : public Recogniser {
 public:
  std::vector<std::string_view> marks() const override;
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;

 private:
  struct Memory {
    std::optional<Bytes> total, free, swap_total, swap_free;
  } memory_;      // of its last report
  Evidence low_;  // why it acted
};

}  // namespace spillway::doctor
