#include "run/job.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "port/process_handle.h"

namespace spillway {
namespace {

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(system_error(errno, "pipe"));
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// In the forked process: waits for its byte and becomes the command, or reports why not.
[[noreturn]] void become(std::vector<char*>& command, pid_t parent, const Pipe& go,
                         const Pipe& report) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::close(go.write.get());
  char byte = 0;
  // The parent is gone, before or after prctl: nobody is there to guard for.
  if (::getppid() != parent || ::read(go.read.get(), &byte, 1) != 1) ::_exit(125);
  ::execvp(command[0], command.data());
  const int error = errno;
  if (::write(report.write.get(), &error, sizeof error) < 0) ::_exit(125);
  ::_exit(error == ENOENT ? 127 : 126);
}

}  // namespace

Result<Job> Job::prepare(std::vector<std::string> command) {
  auto go = make_pipe();
  auto report = make_pipe();
  if (!go || !report) return tl::unexpected(!go ? go.error() : report.error());
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return tl::unexpected(system_error(errno, "fork"));
  if (pid == 0) become(arguments, parent, *go, *report);
  return Job(pid, std::move(go->write), std::move(report->read));
}

Job::Job(Job&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      go_(std::move(other.go_)),
      report_(std::move(other.report_)) {}

Job::~Job() {
  signal(SIGKILL);
  wait();
}

void Job::wait() {
  while (!ended() && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Result<std::uint64_t> Job::start_ticks() const {
  auto handle = ProcessHandle::open(pid_);
  if (!handle) return tl::unexpected(handle.error());
  return handle->start_ticks();
}

int Job::release() {
  const char byte = 1;
  if (::write(go_.get(), &byte, 1) != 1) return errno;
  go_.reset();
  int error = 0;
  const ssize_t got = ::read(report_.get(), &error, sizeof error);
  report_.reset();
  return got == sizeof error ? error : 0;
}

void Job::signal(int number) const {
  if (!ended()) ::kill(pid_, number);
}

std::optional<int> Job::poll() {
  if (ended()) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG | WUNTRACED) <= 0) return std::nullopt;
  if (WIFEXITED(status) || WIFSIGNALED(status)) pid_ = -1;
  return status;
}

}  // namespace spillway
