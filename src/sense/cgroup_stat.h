#pragma once

#include "port/cgroup_fs.h"
#include "sense/fields.h"

namespace spillway {

/// A file that holds one number and a newline: memory.current, memory.usage_in_bytes.
Result<Bytes> parse_count(std::string_view text);

/// A limit: memory.max and memory.high say "max" for none (admin-guide/cgroup-v2.rst, "Memory
/// Interface Files"), v1's memory.limit_in_bytes a number beyond any machine
/// (admin-guide/cgroup-v1/memory.rst).
Result<std::optional<Bytes>> parse_limit(std::string_view text);

/// What memory.stat says of a group and everything below it.
struct CgroupStat {
  std::optional<Bytes> active_file, inactive_file, dirty, writeback, reclaimable_slab;
  std::optional<Bytes> swap;                // v1 only
  std::optional<Bytes> hierarchical_limit;  // v1 only: the least of its own and its ancestors'

  /// What the kernel would give back by itself before it kills: clean pages of files and reclaimable
  /// slab. Dirty pages and those being written are left out, since they have to reach a disk first,
  /// and that may take longer than there is time. tmpfs is in none of these lists.
  Bytes cache() const;
};

/// "name value" per line (cgroup-v2.rst, memory.stat; cgroup-v1/memory.rst 5.2). Of v1 the total_
/// figures, which include the groups below.
Result<CgroupStat> parse_cgroup_stat_v2(std::string_view text);
Result<CgroupStat> parse_cgroup_stat_v1(std::string_view text);

/// How many processes the kernel killed for want of memory: "oom_kill N" in memory.events (v2,
/// Linux 4.13) and memory.oom_control (v1, Linux 4.13). Zero where the line is missing.
Result<std::uint64_t> parse_oom_kills(std::string_view text);

}  // namespace spillway
