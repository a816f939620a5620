#include "sense/cgroup_stat.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace spillway {
namespace {

using StatField = Field<CgroupStat, Bytes>;

constexpr std::array kFieldsV2{
    StatField{"active_file", &CgroupStat::active_file},
    StatField{"inactive_file", &CgroupStat::inactive_file},
    StatField{"file_dirty", &CgroupStat::dirty},
    StatField{"file_writeback", &CgroupStat::writeback},
    StatField{"slab_reclaimable", &CgroupStat::reclaimable_slab},
};
constexpr std::array kFieldsV1{
    StatField{"total_active_file", &CgroupStat::active_file},
    StatField{"total_inactive_file", &CgroupStat::inactive_file},
    StatField{"total_dirty", &CgroupStat::dirty},
    StatField{"total_writeback", &CgroupStat::writeback},
    StatField{"total_swap", &CgroupStat::swap},
    StatField{"hierarchical_memory_limit", &CgroupStat::hierarchical_limit},
};

Result<CgroupStat> parse_stat(std::string_view text, std::span<const StatField> fields) {
  CgroupStat stat;
  while (auto line = next_line(text)) {
    const auto key = next_word(*line);
    const auto* field = key ? find_field(fields, *key) : nullptr;
    if (field != nullptr) stat.*(field->member) = parse_amount(trimmed(*line));
  }
  if (!stat.active_file || !stat.inactive_file) return fail(Errc::invalid, "no file pages in it");
  return stat;
}

std::optional<std::string_view> only_line(std::string_view text) {
  const auto line = next_line(text);
  return text.empty() ? line : std::nullopt;
}

}  // namespace

Result<Bytes> parse_count(std::string_view text) {
  const auto line = only_line(text);
  const auto amount = line ? parse_amount(*line) : std::nullopt;
  if (!amount) return fail(Errc::invalid, "not a number of bytes");
  return *amount;
}

Result<std::optional<Bytes>> parse_limit(std::string_view text) {
  const auto line = only_line(text);
  if (line == "max") return std::nullopt;
  if (!line || !parse_u64(*line)) return fail(Errc::invalid, "neither \"max\" nor a number");
  return parse_amount(*line);  // none when it is beyond any machine
}

Result<CgroupStat> parse_cgroup_stat_v2(std::string_view text) {
  return parse_stat(text, kFieldsV2);
}

Result<CgroupStat> parse_cgroup_stat_v1(std::string_view text) {
  return parse_stat(text, kFieldsV1);
}

Bytes CgroupStat::cache() const {
  const auto of = [](const std::optional<Bytes>& b) { return b.value_or(Bytes{}); };
  const Bytes clean = of(active_file) + of(inactive_file) - of(dirty) - of(writeback);
  return std::max(Bytes{}, clean) + of(reclaimable_slab);
}

Result<std::uint64_t> parse_oom_kills(std::string_view text) {
  while (auto line = next_line(text)) {
    if (next_word(*line) != "oom_kill") continue;
    const auto count = parse_u64(trimmed(*line));
    if (!count) return fail(Errc::invalid, "oom_kill is not a number");
    return *count;
  }
  return 0;
}

}  // namespace spillway
