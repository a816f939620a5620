#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "doctor/finding.h"
#include "doctor/holders/holdings.h"
#include "doctor/state/diagnosis.h"
#include "doctor/state/history.h"
#include "doctor/state/machine_state.h"
#include "model/status.h"

namespace spillway::doctor {

/// Everything a check may look at.
struct Examined {
  MachineState machine;
  StatusReport report;  // pools, tenants, capabilities, faults: as `spillway status` has them
  Holdings holdings;
  History history;
  std::vector<Finding> kernel_log;  // what explain makes of this boot's kernel log
};

/// Looks at one thing and adds what is wrong with it. Pure.
struct Check {
  std::string_view name;
  void (*look)(const Examined& examined, std::vector<Diagnosis>& out);
};

// By subject; each in the file of that name.
std::span<const Check> guard_checks();
std::span<const Check> swap_checks();
std::span<const Check> kernel_checks();
std::span<const Check> process_checks();
std::span<const Check> group_checks();
std::span<const Check> rival_checks();
std::span<const Check> gpu_checks();

/// All of them: problems first, then warnings, then notes. Pure.
std::vector<Diagnosis> examine(const Examined& examined);

/// Whether something is to be done: notes are no findings.
bool has_findings(const std::vector<Diagnosis>& diagnoses);

}  // namespace spillway::doctor
