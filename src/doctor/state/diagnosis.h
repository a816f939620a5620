#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spillway::doctor {

/// A note is worth knowing and no finding; a warning costs something now or will; a problem has lost
/// somebody memory or work, or is about to.
enum class Severity { note, warning, problem };
constexpr std::string_view name(Severity severity) {
  constexpr std::string_view kNames[]{"note", "warning", "problem"};
  return kNames[static_cast<int>(severity)];
}

/// One thing that is not as it should be. Nothing of it is ever done by the doctor.
struct Diagnosis {
  Severity severity = Severity::warning;
  std::string what;          // one sentence: what is
  std::string evidence;      // the figures, and where they stand
  std::string fix;           // one line: what to do
  std::string command;       // exactly; empty where there is none
  std::string_view check{};  // who says so: a row of the table of checks
};

}  // namespace spillway::doctor
