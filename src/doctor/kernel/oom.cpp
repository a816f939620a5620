#include "doctor/kernel/oom.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "doctor/explain/mask.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

/// A dump of a big machine has a row per process; longer than this is no dump any more.
constexpr std::uint64_t kLongestDump = 60'000;
/// After a line that only announces a kill: what it announces comes at once, or it was lost.
constexpr std::uint64_t kSoon = 12;
constexpr std::size_t kMostEvidence = 6;
constexpr std::size_t kLookBackLines = 4000;

constexpr std::string_view kInvoked = " invoked oom-killer:";
constexpr std::string_view kConstraint = "oom-kill:constraint=";
constexpr std::string_view kKilled = "Killed process ";
constexpr std::string_view kKill = "out of memory: Kill process ";
constexpr std::string_view kKillGlobal = "Out of memory: Kill process ";
constexpr std::string_view kLimit = " killed as a result of limit of ";
constexpr std::string_view kNobody = "Out of memory and no killable processes";
constexpr std::string_view kPanic = "Kernel panic - not syncing: Out of memory";
constexpr std::string_view kUnit = "The kernel OOM killer killed some processes in this unit";
constexpr std::string_view kUnitOld = "A process of this unit has been killed by the OOM killer";

/// A table that begins without its dump is part of this one; anything else is not.
bool is_dump_line(std::string_view text) {
  return has(text, "Mem-Info") || has(text, "kB") || has(text, "pages") || has(text, "free:") ||
         has(text, "memory: usage ");
}

}  // namespace

std::optional<Victim> victim_of(std::string_view text, std::string_view mark) {
  const auto rest = after(text, mark);
  if (!rest || rest->empty() || rest->front() < '0' || rest->front() > '9') return std::nullopt;
  Victim victim;
  victim.pid = leading_integer(*rest);
  const std::string_view head = before(*rest, " total-vm:");
  const auto open = head.find('(');
  auto close = head.rfind(')');
  if (const auto score = head.rfind(") score "); score != std::string_view::npos) close = score;
  if (!victim.pid || open == std::string_view::npos || close == std::string_view::npos ||
      close <= open)
    return std::nullopt;
  victim.name = masked_name(head.substr(open + 1, close - open - 1));
  victim.anon_rss = rounded(amount_after(*rest, "anon-rss:"));
  return victim;
}

std::vector<std::string_view> KernelOom::marks() const {
  return {kInvoked, kConstraint, kKilled, kKill, kKillGlobal,
          kLimit,   kNobody,     kPanic,  kUnit, kUnitOld};
}

void KernelOom::open(const Line& line) {
  open_ = true;
  memcg_ = policy_ = told_ = nobody_ = group_ = false;
  lines_ = 0;
  finding_ = Finding{};
  finding_.kind = Kind::kernel_oom;
  finding_.first = line.stamp();
  memory_ = {};
  tasks_ = {};
  order_.reset();
}

/// The head of a dump may be cut off; its table is worth having.
void KernelOom::look_back(const Line& line) {
  std::string_view history = line.history;
  Texts parts;
  std::vector<std::string> texts;
  std::size_t strangers = 0;
  for (std::size_t i = 0; i < kLookBackLines && strangers < 4; ++i) {
    const auto raw = last_line(history);
    // Another kill's dump is not ours.
    if (!raw || has(*raw, kInvoked) || has(*raw, kKilled)) break;
    const auto said = parts.of(*raw);
    if (said.empty()) continue;
    strangers = TaskTable().take(said.back()) || is_dump_line(said.back()) ? 0 : strangers + 1;
    texts.emplace_back(said.back());
  }
  for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
    if (!tasks_.take(*text)) memory_.take(*text);
  }
}

void KernelOom::note(const Line& line) {
  if (finding_.evidence.size() < kMostEvidence) finding_.evidence.push_back(line.evidence());
}

bool KernelOom::kill(const Line& line) {
  const std::string_view text = line.text;
  if (has(text, "emory cgroup out of memory")) memcg_ = true;
  auto victim = victim_of(text, kKilled);
  const bool done = victim.has_value();
  if (!victim) victim = victim_of(text, kKill);
  if (!victim) victim = victim_of(text, kKillGlobal);
  if (!victim) return false;
  note(line);
  if (finding_.first.line == Stamp::Line::none) finding_.first = line.stamp();
  finding_.last = line.stamp();
  finding_.last_line = line.number;
  finding_.victim = std::move(victim);
  told_ = !done;
  lines_ = 0;
  return done;
}

void KernelOom::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  const bool marked = marks.any();
  const std::string_view text = line.text;
  ++lines_;
  if (marked && has(text, kInvoked)) {
    if (open_ && finding_.victim) finish(out);
    const bool announced = open_ && group_;
    const auto evidence = finding_.evidence;
    open(line);
    if (announced) finding_.evidence = evidence;
    order_ = integer_after(text, "order=");
    note(line);
    return;
  }
  const bool unit = marked && (has(text, kUnit) || has(text, kUnitOld));
  if (marked && !open_) {
    open(line);
    if (!unit) look_back(line);
  }
  if (!open_) return;
  if (unit) {
    if (!has(text, "cgroup")) group_ = true;
    lines_ = 0;
    note(line);
    return;
  }
  if (marked && has(text, kConstraint)) {
    if (has(text, "CONSTRAINT_MEMCG")) memcg_ = true;
    if (has(text, "CONSTRAINT_CPUSET") || has(text, "CONSTRAINT_MEMORY_POLICY")) policy_ = true;
    if (const auto group = after(text, ",oom_memcg=")) finding_.cgroup = before(*group, ",task");
    if (!finding_.victim) {
      // In case the kill line was lost: a name may hold anything but the last ",pid=".
      const auto task = after(text, ",task=");
      const auto end = task ? task->rfind(",pid=") : std::string_view::npos;
      if (task && end != std::string_view::npos) {
        finding_.victim =
            Victim{masked_name(task->substr(0, end)), leading_integer(task->substr(end + 5)), {}};
      }
    }
    told_ = true;
    group_ = false;
    lines_ = 0;
    note(line);
    return;
  }
  if (marked && has(text, kLimit)) {
    memcg_ = true;
    finding_.cgroup = trimmed(*after(text, kLimit));
    note(line);
    return;
  }
  if (marked && (has(text, kNobody) || has(text, kPanic))) {
    nobody_ = true;
    note(line);
    finding_.last = line.stamp();
    finding_.last_line = line.number;
    return finish(out);
  }
  if (marked && kill(line)) return finish(out);
  if (tasks_.take(text) || memory_.take(text)) return;
  // The rows of a table and the figures are what a dump goes on with; what is announced comes soon.
  if ((told_ || group_) && lines_ > kSoon) return finish(out);
  if (lines_ > kLongestDump) open_ = false;
}

void KernelOom::end(const Line&, FindingSink& out) {
  if (open_ && (finding_.victim || group_)) finish(out);
  open_ = false;
}

void KernelOom::finish(FindingSink& out) {
  open_ = false;
  Finding& f = finding_;
  f.kind = memcg_ ? Kind::memcg_oom : Kind::kernel_oom;
  // systemd tells of a kill, not of whose limit it was.
  f.pool = memcg_ ? "cgroup" : f.victim || nobody_ ? "ram" : "";
  f.echo = !f.victim && !nobody_;
  f.holders = tasks_.biggest();
  f.swap_free = memory_.swap_free;
  f.swap_total = memory_.swap_total;
  if (memcg_) {
    f.allocated = memory_.cgroup_usage;
    f.total = memory_.cgroup_limit;
    f.cause = Cause::limit;
    f.because =
        f.total ? fmt::format("the cgroup held {} of its limit of {}",
                              f.allocated ? to_string(*f.allocated) : "all", to_string(*f.total))
                : "a memory cgroup reached its limit; the machine itself was not out of memory";
    out.take(std::move(f));
    return;
  }
  const auto of_pages = [](std::optional<double> n) -> std::optional<Bytes> {
    return n ? std::optional(rounded(*n * kPage)) : std::nullopt;
  };
  f.free = of_pages(memory_.free);
  f.total = of_pages(memory_.ram);
  const bool swap_gone = !f.swap_total || f.swap_total->count == 0 ||
                         (f.swap_free && ratio(*f.swap_free, *f.swap_total) < 0.05);
  const double ram = memory_.ram.value_or(0);
  if (f.total && !f.holders.empty() && memory_.free) {
    const double kernel = memory_.slab_unreclaimable.value_or(0) +
                          memory_.slab_reclaimable.value_or(0) + memory_.page_tables.value_or(0) +
                          memory_.file.value_or(0);
    const Bytes rest = *f.total - *f.free - tasks_.sum() - rounded(kernel * kPage);
    if (rest.count > 0) f.others = rest;
  }
  if (policy_) {
    f.cause = Cause::limit;
    f.because = "a cpuset or memory policy confined the allocation to nodes that are full";
  } else if (ram > 0 && memory_.free && memory_.file && swap_gone &&
             *memory_.free + *memory_.file < 0.1 * ram) {
    f.cause = Cause::overload;
    const std::string who =
        f.holders.empty()
            ? "the processes hold the rest"
            : fmt::format("{} holds {} ({})", f.holders[0].name, to_string(f.holders[0].rss),
                          percent(ratio(f.holders[0].rss, *f.total)));
    f.because = fmt::format("{} of {}, {}, and {} of page cache left to take back", who,
                            to_string(*f.total),
                            f.swap_total && f.swap_total->count > 0 ? "swap full" : "no swap",
                            to_string(rounded(*memory_.file * kPage)));
  } else if (order_ && *order_ >= 3 && memory_.free && *memory_.free > 0.05 * ram && ram > 0) {
    f.because = fmt::format("{} was free, but not in one piece of {} pages", to_string(*f.free),
                            std::int64_t{1} << std::min<std::int64_t>(*order_, 20));
  } else if (nobody_) {
    f.because = "nothing was left that may be killed: the machine stops";
  } else {
    f.because = "the log does not show whether it grew or was simply too much";
  }
  out.take(std::move(f));
}

}  // namespace spillway::doctor
