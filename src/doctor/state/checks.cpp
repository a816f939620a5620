#include "doctor/state/checks.h"

#include <algorithm>

namespace spillway::doctor {

std::vector<Diagnosis> examine(const Examined& examined) {
  std::vector<Diagnosis> all;
  for (const auto checks : {guard_checks(), swap_checks(), process_checks(), group_checks(),
                            gpu_checks(), kernel_checks(), rival_checks()}) {
    for (const Check& check : checks) {
      const std::size_t before = all.size();
      check.look(examined, all);
      for (std::size_t i = before; i < all.size(); ++i) all[i].check = check.name;
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Diagnosis& a, const Diagnosis& b) { return a.severity > b.severity; });
  return all;
}

bool has_findings(const std::vector<Diagnosis>& diagnoses) {
  return std::any_of(diagnoses.begin(), diagnoses.end(),
                     [](const Diagnosis& d) { return d.severity > Severity::note; });
}

}  // namespace spillway::doctor
