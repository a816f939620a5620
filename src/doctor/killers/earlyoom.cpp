#include "doctor/killers/earlyoom.h"

#include <fmt/format.h>

#include "doctor/explain/mask.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {
constexpr std::string_view kReport = "em avail:";
constexpr std::string_view kLow = "ow memory! at or below ";
constexpr std::string_view kTerm = "sending SIGTERM to process ";
constexpr std::string_view kKill = "sending SIGKILL to process ";
}  // namespace

std::vector<std::string_view> Earlyoom::marks() const { return {kReport, kLow, kTerm, kKill}; }

void Earlyoom::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  if (marks.none()) return;
  const std::string_view text = line.text;
  // "mem avail:   554 of  7721 MiB ( 7.18%), swap free:  742 of 7720 MiB ( 9.62%)"
  if (const auto report = after(text, kReport)) {
    constexpr double kMiB = 0x1p20;
    const auto swap = after(text, "swap free:");
    memory_ = {
        rounded(amount_after(*report, " of ")), rounded(leading_amount(*report, kMiB)), {}, {}};
    if (swap) {
      memory_.swap_total = rounded(amount_after(*swap, " of "));
      memory_.swap_free = rounded(leading_amount(*swap, kMiB));
    }
    return;
  }
  if (has(text, kLow)) {
    low_ = line.evidence();
    return;
  }
  auto rest = after(text, kTerm);
  if (!rest) rest = after(text, kKill);
  const auto pid = rest ? leading_integer(*rest) : std::nullopt;
  const auto name = rest ? between(*rest, "\"", "\"") : std::nullopt;
  if (!pid || !name) return;
  Finding finding;
  finding.kind = Kind::earlyoom;
  finding.first = finding.last = line.stamp();
  finding.last_line = line.number;
  finding.pool = "ram";
  finding.total = memory_.total;
  finding.free = memory_.free;
  finding.swap_total = memory_.swap_total;
  finding.swap_free = memory_.swap_free;
  finding.victim = Victim{masked_name(*name), pid, {}};
  finding.because = "the log has no history of growth";
  if (const auto rss = amount_after(*rest, "VmRSS ")) {
    finding.because += fmt::format("; {} held {}", finding.victim->name, to_string(rounded(*rss)));
  }
  if (!low_.text.empty()) finding.evidence.push_back(low_);
  finding.evidence.push_back(line.evidence());
  out.take(std::move(finding));
}

}  // namespace spillway::doctor
