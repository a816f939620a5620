#pragma once

#include <optional>

#include "doctor/kernel/mem_info.h"
#include "doctor/kernel/task_table.h"
#include "doctor/recogniser.h"

namespace spillway::doctor {

/// Kills of the kernel's OOM killer, of the whole machine and of memory cgroups, Linux 3.10 to 6.x
/// (mm/oom_kill.c, mm/memcontrol.c), with the dump before them as far as the log has it.
class KernelOom final : public Recogniser {
 public:
  std::vector<std::string_view> marks() const override;
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;
  bool wants_more() const override { return open_; }
  void end(const Line& line, FindingSink& out) override;

 private:
  void open(const Line& line);
  void look_back(const Line& line);
  void note(const Line& line);
  bool kill(const Line& line);
  void finish(FindingSink& out);

  bool open_ = false;
  bool memcg_ = false;
  bool policy_ = false;  // of a cpuset or a memory policy
  bool told_ = false;    // "Kill process", which "Killed process" follows
  bool nobody_ = false;  // there was nothing to kill: the machine panics
  bool group_ = false;   // systemd told of it: the kernel's lines follow, or were lost
  std::uint64_t lines_ = 0;
  Finding finding_;
  MemInfo memory_;
  TaskTable tasks_;
  std::optional<std::int64_t> order_;
};

/// Kernels between the mark of a kill and its victim, as the kill line writes it:
/// "Killed process 116 (stress-ng-vm) total-vm:10kB, anon-rss:7980628kB", before 4.19 also
/// "Killed process 116, UID 500, (java) total-vm:...". nullopt when it is none.
std::optional<Victim> victim_of(std::string_view text, std::string_view mark);

}  // namespace spillway::doctor
