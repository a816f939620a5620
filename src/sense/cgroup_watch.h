#pragma once

#include <array>
#include <string>
#include <vector>

#include "port/cgroup_fs.h"
#include "port/kept_file.h"
#include "port/psi_trigger.h"
#include "port/usage_alarm.h"
#include "sense/cgroup_stat.h"
#include "sense/sensor.h"

namespace spillway {

/// How much one group holds under its own limit.
struct CgroupFigures {
  Bytes used;                  // current - cache
  Bytes cache;                 // CgroupStat::cache(), at most current
  std::optional<Bytes> limit;  // none: unlimited here
  std::optional<Bytes> swap;   // v1
};

/// The pool `cgroup:<group>` and what belongs to it. The limit in force is that of the group or of
/// the ancestor, whichever leaves less room: then `total` is that limit, and `reserved` what others
/// hold below that ancestor. Unlimited throughout: no total. Descriptors are kept open.
class CgroupWatch {
 public:
  CgroupWatch(SysRoot root, CgroupHierarchy hierarchy, std::string group, bool with_trigger);

  const std::string& group() const { return group_; }
  /// Adds its readings, or a Fault, or nothing while there is no such group.
  void read(TimePoint now, std::vector<Reading>& out);
  /// memory.events and a PSI trigger (v2), usage thresholds (v1).
  void wake_fds(std::vector<WakeFd>& out) const;

 private:
  /// The files of the group or of one ancestor.
  struct Level {
    KeptFile usage, limit, stat;
    std::optional<KeptFile> high;
  };

  bool v2() const { return hierarchy_.version == CgroupVersion::v2; }
  void open();
  void close();
  Level level_in(const std::string& directory) const;
  Result<std::optional<Bytes>> limit_of(Level& level);
  Result<CgroupFigures> figures_of(Level& level, std::optional<Bytes> limit);
  Result<PoolReading> read_pool();
  Result<std::optional<Bytes>> read_swap(const CgroupFigures& own);
  Status read_stalls(TimePoint now, std::vector<Reading>& out);
  Status read_kills(TimePoint now, std::vector<Reading>& out);
  void keep_armed(std::optional<Bytes> limit);

  SysRoot root_;
  CgroupHierarchy hierarchy_;
  std::string group_;
  PoolId pool_;
  bool with_trigger_;

  std::vector<Level> levels_;  // itself first; empty while there is no such group
  std::string directory_;
  std::optional<KeptFile> swap_, pressure_, events_;
  std::optional<std::uint64_t> kills_;
  std::optional<PsiTrigger> trigger_;
  std::optional<UsageAlarm> alarm_;
  int armed_group_ = -1;  // the descriptor that the group had then
  std::optional<Bytes> armed_limit_;
};

}  // namespace spillway
