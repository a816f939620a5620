#include "demo/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace spillway {
namespace {

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return tl::unexpected(system_error(errno, "pipe"));
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(const ChildSpec& spec, const std::vector<char*>& arguments, int in,
                         int out, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(125);
  if (!spec.cgroup_procs.empty()) {
    const int fd = ::open(spec.cgroup_procs.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "0", 1) != 1) ::_exit(125);
  }
  if (!spec.errors.empty()) {
    const int fd = ::open(spec.errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || ::dup2(fd, STDERR_FILENO) < 0) ::_exit(125);
  }
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Result<Child> Child::start(const ChildSpec& spec) {
  auto in = make_pipe();
  auto out = make_pipe();
  if (!in || !out) return tl::unexpected(in ? out.error() : in.error());
  std::vector<char*> arguments;
  for (const std::string& word : spec.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return tl::unexpected(system_error(errno, "fork"));
  if (pid == 0) {
    for (const auto& [key, value] : spec.environment) ::setenv(key.c_str(), value.c_str(), 1);
    become(spec, arguments, in->read.get(), out->write.get(), parent);
  }
  return Child(pid, std::move(in->write), std::move(out->read));
}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(pending_, other.pending_);
  std::swap(status_, other.status_);
  return *this;
}

Child::~Child() {
  if (pid_ > 0 && !ended()) stop(Duration::zero());
}

bool Child::wait_for(const std::string& word, Duration patience) {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + patience;
  while (true) {
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      const std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      if (line.rfind(word, 0) == 0) return true;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd source{output_.get(), POLLIN, 0};
    if (::poll(&source, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<char, 512> chunk;
    const ssize_t n = ::read(output_.get(), chunk.data(), chunk.size());
    if (n <= 0) return false;
    pending_.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

int Child::stop(Duration grace) {
  if (!ended()) ::kill(pid_, SIGTERM);
  for (Duration waited{}; !ended() && waited < grace; waited += 10ms) {
    ::usleep(10'000);
  }
  if (!ended()) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    status_ = status;
  }
  return *status_;
}

std::optional<int> Child::ended() {
  if (pid_ <= 0) return 0;
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

}  // namespace spillway
