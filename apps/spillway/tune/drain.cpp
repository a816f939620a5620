#include "tune/drain.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "doctor/read/memory.h"

namespace spillway {
namespace {

using doctor::SwapArea;

bool is_on(const SysRoot& root, const std::string& device) {
  const auto swaps = doctor::read_swap_areas(root);
  return std::any_of(swaps.begin(), swaps.end(),
                     [&](const SwapArea& swap) { return swap.path == device; });
}

/// What swapon(2) takes: 15 bits, or none.
int priority_of(const SwapArea& swap) {
  return static_cast<int>(std::clamp<std::int64_t>(swap.priority, -1, SWAP_FLAG_PRIO_MASK));
}

/// How long all tasks have waited for memory since boot (Documentation/accounting/psi.rst); nullopt without
/// PSI.
std::optional<Duration> stalled(const SysRoot& root) {
  const std::string text = root.read("/proc/pressure/memory").value_or("");
  std::string_view lines = text;
  while (const auto line = next_token(lines, '\n')) {
    constexpr std::string_view kTotal = "total=";
    const auto at = line->find(kTotal);
    if (!line->starts_with("full ") || at == line->npos) continue;
    const auto microseconds = parse_u64(line->substr(at + kTotal.size()));
    if (microseconds && *microseconds < (1ULL << 50)) {
      return std::chrono::microseconds(*microseconds);
    }
  }
  return std::nullopt;
}

/// The share of the last window in which everybody waited.
class StallWatch {
 public:
  StallWatch(const SysRoot& root, Duration window) : root_(root), window_(window) {}

  double share(TimePoint now) {
    const auto total = stalled(root_);
    if (!total) return 0;
    looks_.push_back({now, *total});
    while (looks_.size() > 2 && now - looks_[1].at >= window_) looks_.pop_front();
    const Duration span = now - looks_.front().at;
    if (span < window_) return 0;
    return seconds(*total - looks_.front().total) / seconds(span);
  }

 private:
  struct Look {
    TimePoint at;
    Duration total;
  };
  const SysRoot& root_;
  Duration window_;
  std::deque<Look> looks_;
};

/// In the child: ends with 0 when the device was emptied. It is on again, whatever ended swapoff.
[[noreturn]] void empty_and_exit(const SysRoot& root, SwapDoor& door, const SwapArea& swap,
                                 pid_t parent) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // ends swapoff, not us
  ::sigaction(SIGTERM, &action, nullptr);
  for (const int signal : {SIGHUP, SIGINT}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(EINTR);
  const Status off = door.off(swap.path);
  if (!is_on(root, swap.path)) (void)door.on(swap.path, priority_of(swap));
  ::_exit(off ? 0 : off.error().code == Errc::denied ? EPERM : EIO);
}

class Drain {
 public:
  Drain(const SysRoot& root, SwapDoor& door, const DrainRules& rules)
      : root_(root), door_(door), rules_(rules) {}

  Drained empty(const SwapArea& swap, bool dry_run) {
    Drained result{.device = swap.path, .held = swap.used};
    const auto free = doctor::read_memory(root_).available;
    if (!free || *free <= swap.used + rules_.margin) {
      result.why = fmt::format("{} available, needed {} and a margin of {}",
                               free ? to_string(*free) : "unknown", to_string(swap.used),
                               to_string(rules_.margin));
      return result;
    }
    result.how = Drained::How::drained;
    if (dry_run) return result;
    const TimePoint begin = clock_.now();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
      result.how = Drained::How::failed;
      result.why = system_error(errno, "fork").what;
      return result;
    }
    if (child == 0) empty_and_exit(root_, door_, swap, parent);
    watch(child, begin, result);
    result.took = clock_.now() - begin;
    // Killed between its two calls, it left the device off.
    if (!is_on(root_, swap.path)) {
      if (const Status on = door_.on(swap.path, priority_of(swap)); !on) {
        result.how = Drained::How::failed;
        result.why = "cannot be swapped on again: " + on.error().what;
      }
    }
    return result;
  }

 private:
  void watch(pid_t child, TimePoint begin, Drained& result) {
    StallWatch stall(root_, rules_.window);
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (const std::string why = reason_to_stop(begin, stall); !why.empty()) {
        result.how = Drained::How::stopped;
        result.why = why;
        return stop(child);
      }
      std::this_thread::sleep_for(20ms);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    result.how = Drained::How::failed;
    result.why = WIFEXITED(status) && WEXITSTATUS(status) == EPERM
                     ? "not allowed; run it as root"
                     : "swapoff failed, the device stays in use";
  }

  std::string reason_to_stop(TimePoint begin, StallWatch& stall) {
    const TimePoint now = clock_.now();
    if (now - begin > rules_.within) return "not within " + to_string(rules_.within);
    const double share = stall.share(now);
    if (share > rules_.stall)
      return "everybody waited for memory " + percent(share) + " of the time";
    const auto free = doctor::read_memory(root_).available;
    if (free && *free < rules_.margin) return "only " + to_string(*free) + " available";
    return {};
  }

  void stop(pid_t child) {
    ::kill(child, SIGTERM);
    const TimePoint end = clock_.now() + rules_.patience;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (clock_.now() > end) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return;
      }
      std::this_thread::sleep_for(20ms);
    }
  }

  const SysRoot& root_;
  SwapDoor& door_;
  const DrainRules& rules_;
  SystemClock clock_;
};

}  // namespace

Status KernelSwap::off(const std::string& device) {
  if (::swapoff(device.c_str()) == 0) return {};
  return tl::unexpected(system_error(errno, device));
}

Status KernelSwap::on(const std::string& device, int priority) {
  const int flags =
      priority < 0 ? 0
                   : SWAP_FLAG_PREFER | (priority << SWAP_FLAG_PRIO_SHIFT & SWAP_FLAG_PRIO_MASK);
  if (::swapon(device.c_str(), flags) == 0) return {};
  return tl::unexpected(system_error(errno, device));
}

std::vector<Drained> drain_swap(const SysRoot& root, SwapDoor& door, const DrainRules& rules,
                                bool dry_run) {
  auto swaps = doctor::read_swap_areas(root);
  std::erase_if(swaps, [](const SwapArea& swap) { return swap.used <= 0_B; });
  std::sort(swaps.begin(), swaps.end(), [](const SwapArea& a, const SwapArea& b) {
    return std::pair(a.is_zram(), a.used) < std::pair(b.is_zram(), b.used);
  });
  std::vector<Drained> all;
  Drain drain(root, door, rules);
  for (const SwapArea& swap : swaps) {
    all.push_back(drain.empty(swap, dry_run));
    const auto how = all.back().how;
    if (how == Drained::How::stopped || how == Drained::How::failed) break;
  }
  return all;
}

std::string_view name(Drained::How how) {
  constexpr std::array<std::string_view, 4> kNames{"drained", "refused", "stopped", "failed"};
  return kNames.at(static_cast<std::size_t>(how));
}

}  // namespace spillway
