#include "tune/reverter.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "tune/place.h"

namespace spillway {
namespace {

using doctor::TuneMoment;

bool is_waited_for(const TunePlace& place, const std::string& id) {
  const auto all = place.book.list();
  // What cannot be read now may be readable at the end.
  if (!all) return true;
  return !all->empty() && all->back().manifest.id == id && !all->back().confirmed;
}

void spare_from_oom_killer() {
  const UniqueFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), "-1000", 5) < 0) return;  // not ours to lower: it waits all the same
}

[[noreturn]] void wait_and_revert(TunePlace place, const doctor::TuneManifest& manifest) {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  spare_from_oom_killer();
  int tries = 60;  // once a second: a disk may be busy, but not for ever
  while (tries > 0 && is_waited_for(place, manifest.id)) {
    const bool over = manifest.expired(TuneMoment::now());
    if (over && place.book.revert_expired(TuneMoment::now())) break;
    if (over) --tries;
    std::this_thread::sleep_for(over ? 1s : 100ms);
  }
  ::_exit(0);
}

/// Nothing of the caller stays with it: no terminal, no pipe that somebody waits on, no mount.
void let_go() {
  ::setsid();
  if (::chdir("/") != 0) ::_exit(1);
  ::umask(022);
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
}

}  // namespace

Status leave_reverter(const std::string& root, const doctor::TuneManifest& manifest) {
  const pid_t child = ::fork();
  if (child < 0) return tl::unexpected(system_error(errno, "fork"));
  if (child == 0) {
    let_go();
    if (::fork() != 0) ::_exit(0);
    auto place = open_place(root);
    if (!place) ::_exit(1);
    wait_and_revert(std::move(*place), manifest);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {};
}

}  // namespace spillway
