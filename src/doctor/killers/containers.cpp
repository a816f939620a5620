#include "doctor/killers/containers.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/explain/mask.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

struct Format {
  std::string_view mark, because;
};
constexpr std::array kFormats{
    Format{" oom_kill event", "the limit of the Slurm step: its cgroup counted a kill"},
    Format{" oom-kill event", "the limit of the Slurm step: its cgroup counted a kill"},
    Format{"OOMKilled", "the container's memory limit"},
    Format{"have been OOM Killed", "the limit of the Slurm step"},
};
constexpr std::uint64_t kLookBackLines = 20;

/// bash: "script: line 15: 259449 Killed                  ./mem_test.x"
std::optional<Victim> killed_job(std::string_view history, std::uint64_t lines) {
  for (std::uint64_t i = 0; i < lines; ++i) {
    const auto line = last_line(history);
    if (!line) break;
    const std::string_view raw = *line;
    const auto at = position(raw, " Killed  ");
    if (at == std::string_view::npos) continue;
    auto begin = at;
    while (begin > 0 && raw[begin - 1] >= '0' && raw[begin - 1] <= '9') --begin;
    std::string_view rest = raw.substr(at + std::string_view(" Killed").size());
    const auto command = next_word(rest);
    const auto pid = leading_integer(raw.substr(begin));
    if (!command || !pid) continue;
    const auto slash = command->rfind('/');
    return Victim{
        masked_name(slash == std::string_view::npos ? *command : command->substr(slash + 1)),
        pid,
        {}};
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> Containers::marks() const {
  std::vector<std::string_view> marks;
  for (const Format& format : kFormats) marks.push_back(format.mark);
  return marks;
}

void Containers::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  if (marks.none()) return;
  // Managers also say that nothing of the kind happened: "OOMKilled": false.
  if (const auto flag = after(line.text, "OOMKilled"); flag && has(flag->substr(0, 12), "alse"))
    return;
  for (const Format& format : kFormats) {
    if (!has(line.text, format.mark)) continue;
    Finding finding;
    finding.kind = Kind::memcg_oom;
    finding.pool = "cgroup";
    finding.first = finding.last = line.stamp();
    finding.last_line = line.number;
    // What stands before the last event was that one's.
    const std::uint64_t since = line.number > seen_ ? line.number - seen_ : line.number;
    finding.victim = killed_job(line.history, std::min(since, kLookBackLines));
    seen_ = line.number;
    finding.cause = Cause::limit;
    finding.because = format.because;
    finding.echo = true;  // where the kernel told of the same kill it said more
    finding.evidence.push_back(line.evidence());
    out.take(std::move(finding));
    return;
  }
}

}  // namespace spillway::doctor
