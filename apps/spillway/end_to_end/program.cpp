#include "end_to_end/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <stdexcept>

#include "base/fd.h"

namespace spillway::support {
namespace {

struct Pipe {
  UniqueFd read, write;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// Reads both until both have ended.
void drain(const Pipe& out, const Pipe& err, Ran& ran) {
  std::array<pollfd, 2> from{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0}};
  const std::array<std::string*, 2> into{&ran.out, &ran.err};
  while (from[0].fd >= 0 || from[1].fd >= 0) {
    if (::poll(from.data(), from.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (from[i].fd < 0 || from[i].revents == 0) continue;
      std::array<char, 4096> buffer;
      const ssize_t got = ::read(from[i].fd, buffer.data(), buffer.size());
      if (got > 0) into[i]->append(buffer.data(), static_cast<std::size_t>(got));
      if (got == 0) from[i].fd = -1;
    }
  }
}

}  // namespace

Ran run_program(const std::string& name, const std::vector<std::string>& arguments,
                const How& how) {
  std::vector<std::string> words{std::string(SPILLWAY_BINARY_DIR) + "/" + name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::map<std::string, std::string> variables{{"PATH", "/usr/bin:/bin"},
                                               {"HOME", "/nonexistent"},
                                               {"XDG_RUNTIME_DIR", "/nonexistent"},
                                               {"XDG_STATE_HOME", "/nonexistent"},
                                               {"SPILLWAY_SOCKET", "/nonexistent/control.sock"}};
  for (const auto& [key, value] : how.environment) variables[key] = value;
  std::vector<std::string> settings;
  for (const auto& [key, value] : variables) settings.push_back(fmt::format("{}={}", key, value));
  const auto argv = pointers(words), environment = pointers(settings);

  Pipe out, err;
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    const int input = ::open(how.input.c_str(), O_RDONLY);
    ::dup2(input, STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    if (how.uid != 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(how.uid) != 0 || ::setuid(how.uid) != 0)) {
      ::_exit(99);
    }
    ::execve(argv[0], argv.data(), environment.data());
    ::_exit(99);
  }
  out.write.reset();
  err.write.reset();
  Ran ran;
  drain(out, err, ran);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (ran.code == 99) throw std::runtime_error("cannot run " + words[0]);
  return ran;
}

}  // namespace spillway::support
