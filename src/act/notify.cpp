#include "act/notify.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "act/outcomes.h"
#include "port/process_handle.h"

namespace spillway {
namespace {

struct Figure {
  const char* placeholder;
  const char* variable;
  std::string value;
};

std::string digits(const std::optional<Bytes>& bytes) {
  return bytes ? std::to_string(bytes->count) : std::string();
}

std::array<Figure, 6> figures(const Step& step) {
  return {{{"{pool}", "SPILLWAY_POOL", step.pool.text},
           {"{level}", "SPILLWAY_LEVEL", std::string(name(step.level))},
           {"{reason}", "SPILLWAY_REASON", step.reason},
           {"{used}", "SPILLWAY_USED_BYTES", digits(step.used)},
           {"{total}", "SPILLWAY_TOTAL_BYTES", digits(step.total)},
           {"{excess}", "SPILLWAY_EXCESS_BYTES", digits(step.target)}}};
}

std::string filled_in(std::string_view argument, const std::array<Figure, 6>& known) {
  std::string text;
  while (!argument.empty()) {
    const auto figure = std::find_if(known.begin(), known.end(), [&](const Figure& f) {
      return argument.starts_with(f.placeholder);
    });
    if (figure != known.end()) {
      text += figure->value;
      argument.remove_prefix(std::string_view(figure->placeholder).size());
    } else {
      text += argument.front();
      argument.remove_prefix(1);
    }
  }
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (std::string& text : strings) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment(const std::array<Figure, 6>& known) {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("SPILLWAY_")) variables.emplace_back(*variable);
  }
  for (const Figure& f : known) variables.push_back(std::string(f.variable) + "=" + f.value);
  return variables;
}

/// posix_spawn shares the memory until exec: no copy of a big host program's page tables.
Result<pid_t> spawn(std::vector<std::string> arguments, std::vector<std::string> variables) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, arguments.front().c_str(), &files, &attributes,
                                 pointers(arguments).data(), pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return tl::unexpected(system_error(error, arguments.front()));
  return pid;
}

int reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Capability NotifyAction::capability() const {
  if (options_.command.empty()) return {"notify", true, "the log; no command is configured"};
  return {"notify", true, options_.command.front()};
}

bool NotifyAction::too_soon(const Step& step) {
  const TimePoint now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto [told, first] = told_.try_emplace(step.pool, Told{step.level, now});
  if (first) return false;
  if (step.level <= told->second.level && now - told->second.at < options_.at_most_every) {
    return true;
  }
  told->second = {step.level, now};
  return false;
}

Outcome NotifyAction::run(const Step& step, const Tenant&, TimePoint deadline) {
  if (options_.command.empty()) return done(step);
  if (too_soon(step))
    return skipped(step, "told less than " + to_string(options_.at_most_every) + " ago");
  const auto known = figures(step);
  std::vector<std::string> arguments;
  for (const std::string& part : options_.command) arguments.push_back(filled_in(part, known));
  const auto pid = spawn(std::move(arguments), environment(known));
  if (!pid) return failed(step, pid.error());

  const auto process = ProcessHandle::open(*pid);
  const Duration patience = std::min(options_.deadline, deadline - clock_.now());
  const bool ended = process && process->wait_end(patience);
  // What it has started in the background goes with it; without a process group that is a no-op.
  kill(-*pid, SIGKILL);
  const int status = reap(*pid);
  if (!ended) {
    return failed(step,
                  {Errc::timed_out, "not done in time, killed", options_.command.front(), {}});
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                              : "signal " + std::to_string(WTERMSIG(status));
    return failed(step, {Errc::io, how, options_.command.front(), {}});
  }
  return done(step);
}

}  // namespace spillway
