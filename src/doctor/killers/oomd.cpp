#include "doctor/killers/oomd.h"

#include <fmt/format.h>

#include "base/text.h"
#include "doctor/explain/mask.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

constexpr std::string_view kPressure = " due to memory pressure for ";
constexpr std::string_view kUsed = " due to memory used (";
constexpr std::string_view kSwap = " due to swap used (";
constexpr std::string_view kMeta = "oomd kill: ";
constexpr std::size_t kLookBackLines = 600;

/// The size that the list of candidates gives for the unit, printed before the kill.
std::optional<std::string> usage_of(std::string_view history, std::string_view unit) {
  std::string usage;
  for (std::size_t i = 0; i < kLookBackLines; ++i) {
    const auto raw = last_line(history);
    if (!raw) break;
    if (const auto found = after(*raw, "Current Memory Usage: "))
      usage = masked_name(trimmed(*found));
    const auto path = after(*raw, "Path: ");
    if (path && trimmed(*path) == unit && !usage.empty()) return usage;
  }
  return std::nullopt;
}

/// "memory used (123) / total (456) and swap used (7) / total (8) being more than 90.00%"
void read_swap_rule(std::string_view text, Finding& finding) {
  const auto used = integer_after(text, "memory used ("), total = integer_after(text, "/ total (");
  if (total) finding.total = Bytes{*total};
  if (used && total && *used <= *total) finding.free = Bytes{*total - *used};
  const auto swap = after(text, "swap used (");
  const auto swapped = swap ? leading_integer(*swap) : std::nullopt;
  const auto swap_total = swap ? integer_after(*swap, "/ total (") : std::nullopt;
  if (swap_total) finding.swap_total = Bytes{*swap_total};
  if (swapped && swap_total && *swapped <= *swap_total)
    finding.swap_free = Bytes{*swap_total - *swapped};
  finding.because = "killed by the swap rule: memory and swap were nearly used up";
}

}  // namespace

std::vector<std::string_view> Oomd::marks() const { return {kPressure, kUsed, kSwap, kMeta}; }

void Oomd::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  if (marks.none()) return;
  const std::string_view text = line.text;
  Finding finding;
  finding.kind = Kind::oomd;
  finding.pool = "ram";
  finding.first = finding.last = line.stamp();
  finding.last_line = line.number;
  if (const auto words = after(text, kMeta)) {
    // "oomd kill: 69.39 52.86 16.72 system.slice/x.service 2413772800 ruleset:[...] ... killer:... v2"
    std::string_view rest = *words;
    for (int i = 0; i < 3; ++i) {
      const auto pressure = next_word(rest);
      if (!pressure || !leading_decimal(*pressure)) return;
    }
    const auto path = next_word(rest);
    if (!path) return;
    finding.victim = Victim{masked_name(*path), {}, {}};
    const auto size = leading_integer(rest);
    finding.because = fmt::format("killed by a rule of oomd{}",
                                  size ? "; it used " + to_string(Bytes{*size}) : std::string());
  } else {
    auto rest = after(text, "Killed ");
    if (!rest) return;
    const std::string_view unit = before(*rest, " due to ");
    if (unit.empty() || unit.size() == rest->size()) return;
    finding.victim = Victim{masked_name(unit), {}, {}};
    if (has(text, kPressure)) {
      const auto share = between(text, " being ", "%");
      finding.because =
          fmt::format("killed for memory pressure{}, not for size",
                      share ? " (" + masked_name(share->substr(0, 16)) + " %)" : std::string());
      if (const auto usage = usage_of(line.history, unit)) {
        finding.because += fmt::format(": it used {}", *usage);
      }
    } else {
      read_swap_rule(text, finding);
    }
  }
  finding.evidence.push_back(line.evidence());
  out.take(std::move(finding));
}

}  // namespace spillway::doctor
