#include "port/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/clock.h"
#include "base/fd.h"

namespace spillway {
namespace {

constexpr int kReapTries = 100;  // a millisecond each

/// Its wait status; nullopt when it does not end.
std::optional<int> reap(pid_t child) {
  int status = 0;
  for (int i = 0; i < kReapTries; ++i) {
    if (::waitpid(child, &status, WNOHANG) == child) return status;
    ::usleep(1000);
  }
  return std::nullopt;
}

Result<pid_t> start(const std::string& program, const std::vector<std::string>& arguments,
                    int out) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, program.c_str(), &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return tl::unexpected(system_error(failed, program));
  return child;
}

/// Until the other end is closed.
Result<std::string> read_all(int fd, const std::string& program, TimePoint deadline,
                             std::size_t limit) {
  const SystemClock clock;
  std::string text;
  std::array<char, 4096> chunk;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock.now());
    if (left.count() <= 0) return fail(Errc::timed_out, "does not answer", program);
    struct pollfd waits {
      .fd = fd, .events = POLLIN, .revents = 0
    };
    if (::poll(&waits, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(system_error(errno, program));
    if (got == 0) return text;
    if (text.size() + static_cast<std::size_t>(got) > limit) {
      return fail(Errc::invalid, "prints more than expected", program);
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::string> output_of(const std::string& program, const std::vector<std::string>& arguments,
                              Duration patience, std::size_t limit) {
  const TimePoint deadline = SystemClock().now() + patience;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(system_error(errno, program));
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  const auto child = start(program, arguments, in.get());
  in.reset();
  if (!child) return tl::unexpected(child.error());
  auto text = read_all(out.get(), program, deadline, limit);
  if (!text) ::kill(*child, SIGKILL);
  const auto status = reap(*child);
  if (!text) return text;
  if (!status) ::kill(*child, SIGKILL);
  if (status != 0) return fail(Errc::io, "has failed", program);
  return text;
}

}  // namespace spillway
