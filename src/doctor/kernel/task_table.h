#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"

namespace spillway::doctor {

/// The kernel counts RAM in pages of this size on every machine with an NVIDIA, AMD or Intel card but
/// some arm64 ones.
inline constexpr double kPage = 4096;

/// The task table of an OOM dump (mm/oom_kill.c dump_task()). Its columns changed:
///   [ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name      before 4.15
///   [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name     before 6.8
///   [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes ... since
/// RSS is the fifth of all.
class TaskTable {
 public:
  /// True when the line is a row or the head of the table.
  bool take(std::string_view text);
  bool empty() const { return biggest_.empty(); }
  std::size_t rows() const { return rows_; }
  /// The three biggest, biggest first; a process that is named twice counts once.
  std::vector<Holder> biggest() const;
  Bytes sum() const { return sum_; }

 private:
  void add(Holder holder);

  std::size_t columns_ = 0;  // between "[pid]" and the name; 0: no head was seen
  std::vector<Holder> biggest_;
  std::vector<std::int64_t> seen_;
  std::size_t rows_ = 0;
  Bytes sum_;
};

}  // namespace spillway::doctor
