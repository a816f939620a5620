#include "run/supervise.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spillway {
namespace {

constexpr std::array kPassedOn{SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
                               SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

/// Stopped by the terminal, or for using it from the background. SIGSTOP is not among them: it may
/// be the guard's freeze, and we must go on then.
bool by_terminal(int wait_status) {
  if (!WIFSTOPPED(wait_status)) return false;
  const int signal = WSTOPSIG(wait_status);
  return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

int milliseconds_until(std::optional<TimePoint> moment, TimePoint now) {
  if (!moment) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*moment - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

Result<Signals> Signals::block() {
  ::signal(SIGCHLD, SIG_DFL);  // ignored by some callers, and then nothing can be waited for
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (const int signal : kPassedOn) sigaddset(&set, signal);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd || ::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
    return tl::unexpected(system_error(errno, "signalfd"));
  }
  return Signals(std::move(fd));
}

void Signals::pass_on(const Job& job) const {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const int signal = static_cast<int>(info.ssi_signo);
    const bool from_terminal = info.ssi_code == SI_KERNEL;
    if (signal != SIGCHLD && !from_terminal) job.signal(signal);
  }
}

int supervise(Job& job, const Signals& signals, Membership& membership, const Clock& clock) {
  for (;;) {
    while (const auto status = job.poll()) {
      if (job.ended()) return *status;
      if (by_terminal(*status)) ::raise(SIGSTOP);
    }
    std::array<pollfd, 2> ready{pollfd{signals.fd(), POLLIN, 0},
                                pollfd{membership.fd(), POLLIN, 0}};
    ::poll(ready.data(), ready.size(), milliseconds_until(membership.next_try(), clock.now()));
    signals.pass_on(job);
    if (ready[1].revents != 0) membership.lost(clock.now());
    if (const auto due = membership.next_try(); due && *due <= clock.now()) {
      (void)membership.join(clock.now());
    }
  }
}

int code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace spillway
