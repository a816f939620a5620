#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "doctor/tune/recommend.h"

namespace spillway::doctor {

/// How the machine swaps once the changes are in force.
struct SwapOutlook {
  bool zram = false, disk = false;
};
SwapOutlook swap_outlook(const TuneMachine& machine, const TuneTarget& target);

/// A number to write, unless what is there lies between `least` and `most`.
struct WantedNumber {
  std::uint64_t value = 0, least = 0, most = 0;
  std::string_view reason;
};

/// A number that the kernel takes.
struct KernelSetting {
  std::string_view key;
  TuneHome home;          // sysctl, or tmpfile for what lies in sysfs
  std::string_view live;  // its file
  std::optional<WantedNumber> (*want)(const TuneMachine&, const SwapOutlook&);
  std::string_view source;
};

/// The table of them.
std::span<const KernelSetting> kernel_settings();

}  // namespace spillway::doctor
