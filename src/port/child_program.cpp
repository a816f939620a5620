#include "port/child_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <cerrno>
#include <utility>

namespace spillway {
namespace {

/// What posix_spawn(3) is told, released with it.
struct Spawn {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  Spawn() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
};

}  // namespace

Result<ChildProgram> ChildProgram::start(const std::string& program,
                                         const std::vector<std::string>& arguments) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return tl::unexpected(system_error(errno, "socketpair"));
  }
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);

  Spawn spawn;
  posix_spawn_file_actions_addopen(&spawn.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&spawn.files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.files, theirs.get(), kSocket);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);
  posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  posix_spawnattr_setpgroup(&spawn.attributes, 0);
  posix_spawnattr_setflags(&spawn.attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &spawn.files, &spawn.attributes, words.data(), environ);
  if (error != 0) return tl::unexpected(system_error(error, program));
  return ChildProgram(pid, std::move(ours));
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      socket_(std::move(other.socket_)),
      status_(other.status_) {}

ChildProgram& ChildProgram::operator=(ChildProgram&& other) noexcept {
  if (this == &other) return *this;
  finish();
  pid_ = std::exchange(other.pid_, 0);
  socket_ = std::move(other.socket_);
  status_ = other.status_;
  return *this;
}

ChildProgram::~ChildProgram() { finish(); }

void ChildProgram::finish() {
  if (pid_ == 0) return;
  kill();
  for (int i = 0; i < 100 && !ended(); ++i) {
    const timespec millisecond{0, 1'000'000};
    ::nanosleep(&millisecond, nullptr);
  }
}

void ChildProgram::kill() const {
  if (!status_) ::kill(-pid_, SIGKILL);
}

std::optional<int> ChildProgram::ended() {
  if (status_) return status_;
  int status = 0;
  const pid_t got = ::waitpid(pid_, &status, WNOHANG);
  if (got == pid_) status_ = status;
  if (got < 0 && errno == ECHILD) status_ = SIGKILL;
  return status_;
}

void die_with_parent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace spillway
