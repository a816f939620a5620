#pragma once

#include <dirent.h>

#include <memory>
#include <vector>

#include "base/fd.h"
#include "port/cgroup_fs.h"
#include "port/kept_file.h"
#include "sense/pss_reader.h"
#include "sense/sensor.h"

namespace spillway {

struct ProcessOptions {
  std::size_t reported = 50;  // the biggest by RSS that are named at all, besides the tenants
  std::size_t detailed =
      10;  // of them, with PSS, swap, cgroup and oom_score_adj, as are the tenants
  /// Descriptors kept open, one per process; default: half of RLIMIT_NOFILE's soft limit.
  std::optional<std::size_t> kept;
  Duration pss_patience = 2ms;  // how long a look may wait for a PSS that was never read before
};

/// Who holds the RAM: a scan of all processes, made only when Look::owners asks for it. The biggest
/// come first. Of each process one descriptor on /proc/PID/statm stays open: it costs a third of
/// opening anew, and it belongs to that process even when its pid is given to another, so that an
/// identity (start time) read once stays true for as long as the descriptor answers.
class ProcessSensor final : public Sensor {
 public:
  explicit ProcessSensor(SysRoot root, const ProcessOptions& options = {});
  std::string_view name() const override { return "process"; }
  Result<std::vector<Reading>> read(const Look& look) override;

 private:
  struct Details {
    UniqueFd status, cgroup, oom_score_adj;
    std::shared_ptr<const UniqueFd> smaps_rollup;
  };
  struct Process {
    pid_t pid = 0;
    UniqueFd statm;  // none when too many are open
    Bytes rss;
    std::optional<Bytes> identified_at;  // its RSS when the following were read: an exec changes it
    std::uint64_t start_ticks = 0;
    uid_t uid = 0;
    std::string name;
    bool detailed = false;             // at this look
    std::unique_ptr<Details> details;  // kept open while it is among them
  };
  struct CloseDir {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };

  Status open_proc();
  void list_pids(TimePoint now);
  void scan();
  bool measure(Process& process) const;
  bool still_itself(Process& process) const;
  bool identify(Process& process);
  static bool bigger(const Process* a, const Process* b);
  std::vector<Process*> biggest();
  void add_tenants(const Look& look, std::vector<Process*>& shown);
  bool open_details(Process& process) const;
  ProcessReading reading_of(const Process& process) const;

  SysRoot root_;
  ProcessOptions options_;
  std::optional<CgroupHierarchy> hierarchy_;
  std::int64_t page_size_;
  std::unique_ptr<DIR, CloseDir> directory_;
  std::size_t may_keep_ = 0;
  std::size_t kept_ = 0;
  KeptFile loadavg_;
  std::optional<pid_t> last_pid_;
  TimePoint listed_;
  std::vector<pid_t> pids_;         // ascending, as listed, without those that have ended
  std::vector<Process> processes_;  // ascending by pid
  std::vector<Process> next_;
  PssReader pss_;
};

}  // namespace spillway
