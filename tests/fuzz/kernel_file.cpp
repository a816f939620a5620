// Every file of the kernel that is read. The first byte says which; see kParsers.

#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "port/cgroup_fs.h"
#include "port/drm_query.h"
#include "port/process_handle.h"
#include "sense/cgroup_stat.h"
#include "sense/dmem.h"
#include "sense/drm_fdinfo.h"
#include "sense/injected.h"
#include "sense/kmsg.h"
#include "sense/meminfo.h"
#include "sense/proc_files.h"
#include "sense/psi.h"
#include "sense/swap.h"
#include "sense/vmstat.h"
#include "sense/zram.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

void must_be_amount(const std::optional<Bytes>& bytes) { must(!bytes || *bytes >= Bytes{}); }

void psi(std::string_view text) {
  if (const auto totals = parse_pressure(text)) {
    must(totals->some >= Duration::zero() && totals->full >= Duration::zero());
  }
}

void swaps(std::string_view text) {
  const auto areas = parse_swaps(text);
  if (!areas) return;
  for (const SwapArea& area : *areas) {
    must_be_amount(area.size);
    must_be_amount(area.used);
    (void)area.zram();
  }
}

void zram(std::string_view text) {
  const auto stat = parse_mm_stat(text);
  if (!stat) return;
  const double ratio = compression_ratio(*stat);
  must(ratio >= 0 && ratio <= 4);
  const Bytes free = 3_GiB;
  const Bytes more = fillable(*stat, free, 1_GiB);
  must(more >= Bytes{} && more <= free);
}

void kmsg(std::string_view text) {
  KernelMessages messages;
  while (const auto record = next_token(text, '\0')) {
    if (const auto message = parse_kmsg(*record)) (void)messages.take(*message);
    (void)messages.take(*record);
  }
}

void fdinfo(std::string_view text) {
  const auto client = parse_drm_fdinfo(text);
  if (!client) return;
  must_be_amount(client->resident);
  must_be_amount(client->shared);
  must_be_amount(client->evicted);
}

void cgroup(std::string_view text) {
  if (const auto count = parse_count(text)) must_be_amount(*count);
  if (const auto limit = parse_limit(text)) must_be_amount(*limit);
  for (const auto& stat : {parse_cgroup_stat_v1(text), parse_cgroup_stat_v2(text)}) {
    if (stat) must_be_amount(stat->cache());
  }
  (void)parse_oom_kills(text);
}

void mounts(std::string_view text) {
  for (const CgroupHierarchy& hierarchy : parse_cgroup_mounts(text)) {
    (void)hierarchy.directory(text.substr(0, text.find('\n')));
    (void)hierarchy.chain("/a/b/../c");
  }
  (void)parse_group(text, CgroupVersion::v1);
  (void)parse_group(text, CgroupVersion::v2);
}

void process(std::string_view text) {
  if (const auto resident = parse_statm(text, 4096)) must_be_amount(*resident);
  if (const auto status = parse_status(text)) must_be_amount(status->swap);
  if (const auto pss = parse_smaps_rollup(text)) must_be_amount(*pss);
  if (const auto score = parse_oom_score_adj(text)) must(*score >= -1000 && *score <= 1000);
  for (const pid_t pid : parse_nspid(text)) must(pid > 0);
  if (const auto pid = parse_last_pid(text)) must(*pid > 0);
  if (const auto who = parse_process_stat(text)) (void)protection(*who, 1);
}

void drm(std::string_view text) {
  const auto answer = std::as_bytes(std::span(text));
  for (const auto& facts :
       {decode_amdgpu_device(answer), decode_i915_regions(answer), decode_xe_regions(answer)}) {
    if (facts) must_be_amount(facts->total);
  }
}

void others(std::string_view text) {
  if (const auto meminfo = parse_meminfo(text)) must_be_amount(meminfo->total);
  if (const auto arc = parse_arcstats(text)) must_be_amount(*arc);
  (void)parse_vmstat(text);
  if (const auto regions = parse_dmem(text)) {
    for (const DmemRegion& region : *regions) must_be_amount(region.amount);
  }
  if (const auto injected = parse_injected(text)) {
    must(injected->used >= Bytes{} && injected->capacity > Bytes{});
  }
}

constexpr std::array kParsers{psi, swaps, zram, kmsg, fdinfo, cgroup, mounts, process, drm, others};

void kernel_file(std::string_view text) { kParsers[take_choice(text) % kParsers.size()](text); }

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::kernel_file)
