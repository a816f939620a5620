#pragma once

#include "port/kept_file.h"
#include "sense/sensor.h"

namespace spillway {

/// "name value" per line of /proc/vmstat (proc.rst names the file; the counters are those of
/// vmstat_text in mm/vmstat.c). pgsteal is the sum of kswapd's and direct reclaim. Before Linux 5.9
/// there is one workingset_refault, which counted file pages. An error when it knows none of them.
Result<VmCounters> parse_vmstat(std::string_view text);

/// VmCounters, read twice a minute and after events (then once a second at most), and answered from
/// memory between: the kernel needs longer for this file than for all others together.
class VmstatSensor final : public Sensor {
 public:
  explicit VmstatSensor(const SysRoot& root) : file_(root, "/proc/vmstat") {}
  std::string_view name() const override { return "vmstat"; }
  Result<std::vector<Reading>> read(const Look& look) override;

 private:
  KeptFile file_;
  std::optional<VmCounters> latest_;
};

}  // namespace spillway
