#pragma once

#include <initializer_list>
#include <vector>

#include "port/kept_file.h"
#include "port/psi_trigger.h"
#include "sense/sensor.h"

namespace spillway {

/// Time that tasks were stalled since boot.
struct StallTotals {
  Duration some{}, full{};
};

/// "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234" and "full ...", total in microseconds
/// (Documentation/accounting/psi.rst). The kernel's averages are left alone: rates are computed from
/// the totals over windows of one's own. `full` is zero where the kernel leaves the line out (cpu
/// before Linux 5.13).
Result<StallTotals> parse_pressure(std::string_view text);

/// What a trigger is armed with: stalled this long in a second of window.
inline constexpr Duration kTriggerStall = 100ms;

/// The system's stalls of the given resources, all by default: memory's five times a second at most
/// and after each event, the others', by which nothing is decided, every ten seconds. Wakes by a
/// trigger on memory where one is allowed. Empty on a kernel without PSI (CONFIG_PSI off, or psi=0).
class PsiSensor final : public Sensor {
 public:
  PsiSensor(const SysRoot& root, bool with_trigger,
            std::initializer_list<StallResource> resources = {
                StallResource::memory, StallResource::io, StallResource::cpu});
  std::string_view name() const override { return "psi"; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void wake_fds(std::vector<WakeFd>& out) const override;
  void capabilities(std::vector<Capability>& out) const override;

 private:
  struct Source {
    StallResource resource;
    OptionalFile file;
    std::optional<StallReading> latest;
  };
  std::vector<Source> sources_;
  bool has_psi_;
  Result<PsiTrigger> trigger_;
};

}  // namespace spillway
