#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace spillway::doctor {

/// The figures of an OOM dump's Mem-Info (mm/show_mem.c, before 6.0 mm/page_alloc.c show_free_areas(),
/// lib/show_mem.c) and of a memory cgroup's (mm/memcontrol.c). Of a figure that comes twice the first counts.
struct MemInfo {
  // Pages of the whole machine.
  std::optional<double> free, file, slab_unreclaimable, slab_reclaimable, shmem, page_tables, ram;
  std::optional<Bytes> swap_free, swap_total;
  std::optional<Bytes> cgroup_usage, cgroup_limit;

  /// True when the line had one of them.
  bool take(std::string_view text);
  bool any() const { return free || ram || swap_total || cgroup_usage; }
};

}  // namespace spillway::doctor
