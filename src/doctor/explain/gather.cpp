#include "doctor/explain/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/time.h"
#include "doctor/explain/cascade.h"
#include "doctor/explain/mask.h"
#include "doctor/explain/verdict.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostEvidence = 8, kMostCollateral = 16;
constexpr std::size_t kLookBack = 16;  // findings

/// How far apart messages may be that have to do with each other: in seconds where both tell the time, else in
/// lines.
struct Reach {
  double seconds;
  std::uint64_t lines;
};
constexpr Reach kSameError{2, 30};    // logged, then raised, then printed
constexpr Reach kEcho{30, 400};       // a traceback, a supervisor, a container manager
constexpr Reach kKillStorm{10, 400};  // a dump lies between two kills
constexpr Reach kErrorStorm{600, 200};
constexpr Reach kAftermath{30, 40};

bool within(const Finding& earlier, const Stamp& stamp, std::uint64_t line, Reach reach) {
  if (const auto apart = stamp.since(earlier.last)) return std::fabs(*apart) <= reach.seconds;
  return line - std::min(line, earlier.last_line) <= reach.lines;
}

/// Whose errors can be echoes of each other.
enum class Family { device, host, killer, lost };
Family family(Kind kind) {
  switch (kind) {
    case Kind::kernel_oom:
    case Kind::memcg_oom:
    case Kind::oomd:
    case Kind::earlyoom: return Family::killer;
    case Kind::host_alloc:
    case Kind::host_refusal: return Family::host;
    case Kind::xid:
    case Kind::sticky_cuda_error: return Family::lost;
    default: return Family::device;
  }
}

/// Printed with two decimals of a MiB in one line and to the byte in the next.
bool same_size(const std::optional<Bytes>& a, const std::optional<Bytes>& b) {
  return a && b && std::abs(a->count - b->count) <= 16 * 1024;
}

bool agree(const std::string& a, const std::string& b) { return a.empty() || b.empty() || a == b; }
bool agree(const std::optional<Bytes>& a, const std::optional<Bytes>& b) {
  return !a || !b || *a == *b || same_size(a, b);
}

bool has_figures(const Finding& finding) {
  return finding.requested && (finding.total || finding.free);
}

/// The second of two is the first told once more, by the next layer above.
bool told_twice(const Finding& a, const Finding& b) {
  if (!within(a, b.last, b.last_line, kSameError)) return false;
  if (a.kind != b.kind) {
    return same_size(a.requested, b.requested) && family(a.kind) == family(b.kind) &&
           within(a, b.last, b.last_line, {kSameError.seconds, 5});
  }
  if (!agree(a.pool, b.pool) || !agree(a.requested, b.requested) || !agree(a.total, b.total))
    return false;
  if (!agree(a.free, b.free) || !agree(a.allocated, b.allocated)) return false;
  // Two errors of one size are two; one of them without its figures is the other.
  if (has_figures(a) && has_figures(b)) return true;
  return a.requested.has_value() != b.requested.has_value() || has_figures(a) != has_figures(b) ||
         same_size(a.requested, b.requested) || family(a.kind) == Family::host;
}

/// The later of two errors, a kill or a lost context belongs to the storm of the first.
bool one_storm(const Finding& a, const Finding& b) {
  // A device of another size is another device, perhaps another machine.
  if (a.kind != b.kind || !agree(a.pool, b.pool)) return false;
  if (family(a.kind) != Family::killer && !agree(a.total, b.total)) return false;
  if (family(a.kind) != Family::killer) return within(a, b.last, b.last_line, kErrorStorm);
  return a.cgroup == b.cgroup && within(a, b.last, b.last_line, kKillStorm);
}

void watch_allocated(Finding& finding, const std::optional<Bytes>& allocated) {
  if (!allocated) return;
  if (finding.last_allocated && *allocated < *finding.last_allocated) finding.only_grew = false;
  finding.last_allocated = allocated;
  if (!finding.least_allocated || *allocated < *finding.least_allocated)
    finding.least_allocated = allocated;
  if (!finding.most_allocated || *allocated > *finding.most_allocated)
    finding.most_allocated = allocated;
}

/// earlyoom escalates from SIGTERM to SIGKILL: one kill.
bool same_victim(const Finding& a, const Finding& b) {
  return a.victim && b.victim && a.victim->pid && a.victim->pid == b.victim->pid;
}

}  // namespace

void Gatherer::add_evidence(Finding& to, const Finding& from) const {
  for (const Evidence& evidence : from.evidence) {
    if (to.evidence.size() >= kMostEvidence) return;
    to.evidence.push_back(evidence);
    to.evidence.back().file = input_;
  }
}

bool Gatherer::merge(Finding& earlier, Finding& finding) {
  const bool related = family(earlier.kind) == family(finding.kind);
  if (!related) return false;
  const bool near =
      agree(earlier.pool, finding.pool) && within(earlier, finding.last, finding.last_line, kEcho);
  if (finding.echo && near) {
    if (finding.cause == Cause::limit) {  // it knows which wall
      earlier.cause = finding.cause;
      earlier.because = finding.because;
    }
    complete(earlier, finding);
  } else if (earlier.echo && near) {
    // The real one comes after its herald.
    const Finding herald = std::move(earlier);
    const std::vector<Evidence> later = std::move(finding.evidence);
    finding.evidence = herald.evidence;
    finding.first = herald.first.line == Stamp::Line::none ? finding.first : herald.first;
    if (!herald.before.empty()) finding.before = herald.before;
    earlier = std::move(finding);
    complete(earlier, herald);
    finding.evidence = later;
    add_evidence(earlier, finding);
    return true;
  } else if (family(finding.kind) == Family::lost && earlier.kind != finding.kind &&
             within(earlier, finding.last, finding.last_line, {10, 50})) {
    // The program's error and the driver's are one; the driver knows more.
    if (finding.kind == Kind::xid) {
      earlier.kind = Kind::xid;
      earlier.pool = finding.pool;
      earlier.because = finding.because;
    }
  } else if (told_twice(earlier, finding)) {
    if (finding.exact && !earlier.exact) {
      earlier.kind = finding.kind;
      earlier.pool = finding.pool;
      earlier.requested = finding.requested;
      earlier.exact = true;
    }
    if (earlier.because.empty()) {
      earlier.cause = finding.cause;
      earlier.because = finding.because;
    }
    complete(earlier, finding);
  } else if (one_storm(earlier, finding)) {
    watch_allocated(earlier, finding.allocated);
    if (!same_victim(earlier, finding)) {
      ++earlier.count;
      if (finding.victim && earlier.collateral.size() < kMostCollateral) {
        earlier.collateral.push_back(*finding.victim);
      }
    }
    if (earlier.pool.empty()) earlier.pool = finding.pool;
  } else {
    return false;
  }
  add_evidence(earlier, finding);
  if (finding.last.line != Stamp::Line::none) earlier.last = finding.last;
  earlier.last_line = std::max(earlier.last_line, finding.last_line);
  return true;
}

Finding* Gatherer::take(Finding&& finding) {
  if (family(finding.kind) == Family::device || family(finding.kind) == Family::host) {
    complete(finding.workload, workload_);
  }
  std::size_t looked = 0;
  for (std::size_t i = findings_.size(); i > input_begin_ && looked < kLookBack; --i, ++looked) {
    if (merge(findings_[i - 1], finding)) return nullptr;
  }
  if (findings_.size() >= kMost) {
    ++left_out_;
    return nullptr;
  }
  watch_allocated(finding, finding.allocated);
  findings_.push_back(std::move(finding));
  for (Evidence& evidence : findings_.back().evidence) evidence.file = input_;
  return &findings_.back();
}

void Gatherer::take(const Workload& workload, const Line& line) {
  Workload next = workload;
  complete(next, workload_);
  workload_ = next;
  if (findings_.size() == input_begin_) return;
  Finding& last = findings_.back();
  if (within(last, line.stamp(), line.number, kAftermath)) complete(last.workload, workload);
}

void Gatherer::died(const Line& line) {
  for (std::size_t i = findings_.size(); i-- > input_begin_;) {
    Finding& last = findings_[i];
    if (!within(last, line.stamp(), line.number, kAftermath)) return;
    if (family(last.kind) == Family::killer) continue;
    if (last.recoverable == true) last.recoverable.reset();
    if (last.followed.size() < kMostEvidence)
      last.followed.push_back("the program died: " + masked(line.text));
    return;
  }
}

/// A message that is put together of several lines is complete after others that began later.
void Gatherer::sort_input() {
  const auto line = [](const Finding& f) {
    return f.evidence.empty() ? 0 : f.evidence.front().line;
  };
  std::stable_sort(findings_.begin() + static_cast<std::ptrdiff_t>(input_begin_), findings_.end(),
                   [&](const Finding& a, const Finding& b) { return line(a) < line(b); });
}

void Gatherer::next_input(std::string name) {
  sort_input();
  input_ = std::move(name);
  input_begin_ = findings_.size();
  workload_ = {};
}

std::vector<Finding> Gatherer::finish() {
  sort_input();
  for (Finding& finding : findings_) {
    const Workload& load = finding.workload;
    const bool on_device = family(finding.kind) == Family::device;
    if (on_device && !finding.free && finding.exact) finding.free = load.device_free;
    if (finding.kind == Kind::host_refusal && !finding.total) finding.total = load.host_total;
    // Vulkan's own messages name no device; with one there is only the first.
    if (finding.kind == Kind::vulkan && finding.pool.empty()) finding.pool = "vulkan:0";
    judge(finding);
    judge_storm(finding);
  }
  add_cascade(findings_);
  return std::move(findings_);
}

}  // namespace spillway::doctor
