#include "sense/psi.h"

#include <poll.h>

#include <array>

#include "base/clock.h"
#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

/// Between two reads of a file. A share of stalled time needs no more than a few samples in its window
/// (a second and longer), and a stall that begins tells of itself by the trigger.
constexpr Duration between_reads(StallResource resource) {
  return resource == StallResource::memory ? 200ms : 10s;
}
constexpr const char* kMemory = "/proc/pressure/memory";
constexpr std::array kFiles{kMemory, "/proc/pressure/io",
                            "/proc/pressure/cpu"};  // by StallResource

std::optional<Duration> parse_total(std::string_view line) {
  constexpr std::string_view kKey = "total=";
  while (const auto word = next_word(line)) {
    if (!word->starts_with(kKey)) continue;
    // An amount in units of 1000 has the bounds that nanoseconds need.
    const auto total = parse_amount(word->substr(kKey.size()), 1000);
    return total ? std::optional(Duration(total->count)) : std::nullopt;
  }
  return std::nullopt;
}

Result<PsiTrigger> arm(const SysRoot& root, bool wanted) {
  if (!wanted) return fail(Errc::unsupported, "switched off");
  return PsiTrigger::arm(root, kMemory, kTriggerStall);
}

}  // namespace

Result<StallTotals> parse_pressure(std::string_view text) {
  std::optional<Duration> some, full;
  bool full_line = false;
  while (auto line = next_line(text)) {
    const auto kind = next_word(*line);
    if (kind == "some") some = parse_total(*line);
    if (kind == "full") {
      full_line = true;
      full = parse_total(*line);
    }
  }
  if (!some || (full_line && !full)) return fail(Errc::invalid, "no usable stall totals");
  return StallTotals{*some, full.value_or(Duration{})};
}

PsiSensor::PsiSensor(const SysRoot& root, bool with_trigger,
                     std::initializer_list<StallResource> resources)
    : has_psi_(root.exists(kMemory)), trigger_(arm(root, with_trigger)) {
  for (const StallResource resource : resources) {
    sources_.push_back({resource, {root, kFiles[static_cast<std::size_t>(resource)]}});
  }
}

Result<std::vector<Reading>> PsiSensor::read(const Look& look) {
  std::vector<Reading> readings;
  readings.reserve(sources_.size());
  for (Source& source : sources_) {
    const bool is_fresh =
        source.latest && look.now - source.latest->taken < between_reads(source.resource);
    if (is_fresh && !(look.event && source.resource == StallResource::memory)) {
      readings.push_back(*source.latest);
      continue;
    }
    const auto totals = parsed(source.file, look.now, &parse_pressure);
    if (!totals) return tl::unexpected(totals.error());
    if (!*totals) continue;
    source.latest = StallReading{.resource = source.resource,
                                 .scope = std::nullopt,
                                 .some = (*totals)->some,
                                 .full = (*totals)->full,
                                 .taken = look.now};
    readings.push_back(*source.latest);
  }
  return readings;
}

void PsiSensor::wake_fds(std::vector<WakeFd>& out) const {
  if (trigger_) out.push_back({trigger_->fd(), POLLPRI});
}

void PsiSensor::capabilities(std::vector<Capability>& out) const {
  out.push_back({"psi", has_psi_, has_psi_ ? kMemory : "this kernel has it off"});
  out.push_back(
      {"psi-trigger", trigger_.has_value(),
       trigger_ ? to_string(trigger_->window()) + " window" : to_string(trigger_.error())});
}

}  // namespace spillway
