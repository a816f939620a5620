#pragma once

#include "doctor/recogniser.h"

namespace spillway::doctor {

/// What batch systems and container managers say of a memory cgroup's kill where the kernel's own lines
/// are not in the log: slurmstepd (SchedMD/slurm, src/slurmd/slurmstepd), Kubernetes and Docker
/// ("OOMKilled"), systemd ("Failed with result 'oom-kill'").
class Containers final : public Recogniser {
 public:
  std::vector<std::string_view> marks() const override;
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;
  void end(const Line&, FindingSink&) override { seen_ = 0; }

 private:
  std::uint64_t seen_ = 0;  // line of the last event
};

}  // namespace spillway::doctor
