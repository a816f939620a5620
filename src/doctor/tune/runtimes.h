#pragma once

#include <span>
#include <string_view>

namespace spillway::doctor {

/// A program that holds models and is known to run as a unit.
struct Runtime {
  std::string_view unit;
  bool has_runners;  // models live in children: one that dies need not take the server along
  std::string_view settings;  // its own, that hold memory down: advice
  std::string_view reason, source;
};

std::span<const Runtime> runtimes();

/// What frameworks inside of a program obey, whatever it is called.
struct FrameworkSetting {
  std::string_view framework, setting, reason, source;
};
std::span<const FrameworkSetting> framework_settings();

}  // namespace spillway::doctor
