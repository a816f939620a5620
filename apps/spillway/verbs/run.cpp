#include <fmt/format.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "fit/learned/corrections_file.h"
#include "run/membership.h"
#include "run/scope.h"
#include "run/status_file.h"
#include "run/supervise.h"
#include "verbs/verbs.h"
#include "wire/socket_path.h"

namespace spillway {
namespace {

/// One `spillway run` from its start to its end.
class Run {
 public:
  Run(const Global& global, const RunOptions& options)
      : global_(global), options_(options), console_(global), command_(options.command) {
    status_.tenant = options.name.empty()
                         ? std::filesystem::path(options.command[0]).filename().string()
                         : options.name;
    status_.command = options.command[0];
  }

  int whole() {
    if (const auto failure = fit()) return end("failed", failure->code, failure->error);
    if (const auto failure = start()) return end("failed", ExitCode::run_failed, *failure);
    make_scope();
    join();
    if (expected_) lesson_.emplace(std::move(*expected_), job_->pid(), global_);
    if (const int error = job_->release(); error != 0) return not_executed(error);
    return wait();
  }

 private:
  /// Makes the command fit where that was asked for; why it does not, if so.
  std::optional<Failure> fit() {
    if (options_.fit.model.empty()) return std::nullopt;
    auto fitted = fit_command(global_, console_, options_.fit, options_.command);
    if (!fitted) return fitted.error();
    for (const std::string& word : fitted->words) console_.tell(word);
    for (const auto& [name, value] : fitted->environment) ::setenv(name.c_str(), value.c_str(), 1);
    command_ = std::move(fitted->command);
    holds_ = std::move(fitted->holds);
    expected_ = std::move(fitted->expected);
    return std::nullopt;
  }

  /// Why it cannot begin, if so.
  std::optional<Error> start() {
    status_.state = "running";
    if (auto written = write_status(); !written) return written.error();
    auto signals = Signals::block();
    if (!signals) return signals.error();
    signals_.emplace(std::move(*signals));
    auto job = Job::prepare(command_);
    if (!job) return job.error();
    job_.emplace(std::move(*job));
    status_.pid = job_->pid();
    return std::nullopt;
  }

  void make_scope() {
    const auto groups = CgroupFs::locate(SysRoot());
    auto scope = groups ? Scope::make(*groups, status_.tenant, job_->pid())
                        : Result<Scope>(tl::unexpected(groups.error()));
    if (!scope) return explain("no control group of its own", scope.error());
    scope_.emplace(std::move(*scope));
    status_.cgroup = scope_->group();
    explain(fmt::format("control group ({}): {}", scope_->version(), scope_->group()));
  }

  void join() {
    Tenant tenant;
    tenant.id.text = status_.tenant;
    tenant.priority = options_.priority;
    tenant.process = ProcessKey{job_->pid(), job_->start_ticks().value_or(0)};
    tenant.cgroup = status_.cgroup;
    tenant.holds = holds_;
    membership_.emplace(client_sockets(socket_place(), global_.socket), std::move(tenant));
    const auto joined = membership_->join(clock_.now());
    status_.guarded = joined.has_value();
    if (joined) {
      status_.tenant = membership_->name();
      return explain("guarded as tenant " + status_.tenant);
    }
    if (membership_->next_try()) {
      return explain("no daemon answers: it is not guarded until one starts (spillwayd)");
    }
    console_.tell(joined.error());
    explain("the daemon does not take it in: it is not guarded");
  }

  int wait() {
    (void)write_status();
    ::malloc_trim(0);
    const int status = supervise(*job_, *signals_, *membership_, clock_);
    const int code = code_of(status);
    status_.guarded = membership_->joined();
    if (lesson_) learn();
    if (WIFSIGNALED(status)) {
      status_.signal = WTERMSIG(status);
      const char* name = ::sigabbrev_np(WTERMSIG(status));
      const std::string reason = fmt::format("{} was killed by SIG{}", status_.command,
                                             name != nullptr ? name : std::to_string(code - 128));
      explain(reason);
      return end("killed", code, reason);
    }
    return end("exited", code, fmt::format("{} exited with {}", status_.command, code));
  }

  void learn() {
    const auto learned = lesson_->finish(fit::corrections_path(::getuid() == 0, ::getenv));
    if (!learned) return explain("what it took could not be remembered", learned.error());
    if (!learned->empty()) explain(*learned);
  }

  int not_executed(int error) {
    job_->wait();
    const ExitCode code = error == ENOENT ? ExitCode::command_not_found : ExitCode::cannot_execute;
    return end("failed", code, system_error(error, status_.command));
  }

  int end(const char* state, ExitCode code, const Error& error) {
    console_.tell(error);
    return end(state, static_cast<int>(code), to_string(error));
  }

  int end(const char* state, int code, std::string reason) {
    membership_.reset();
    if (scope_) {
      if (const auto removed = scope_->remove(); !removed) {
        explain("its control group stays, programs are left in it", removed.error());
      }
    }
    status_.state = state;
    status_.exit_code = code;
    status_.reason = std::move(reason);
    const auto written = write_status();
    if (!written && status_.state != "failed") console_.tell(written.error());
    return code;
  }

  Status write_status() const {
    return options_.status_file.empty()
               ? Status()
               : write_whole(options_.status_file, run_status_document(status_));
  }

  void explain(const std::string& text) const {
    if (options_.verbose) console_.tell(text);
  }
  void explain(const std::string& text, const Error& error) const {
    explain(text + ": " + to_string(error));
  }

  const Global& global_;
  const RunOptions& options_;
  const Console console_;
  const SystemClock clock_;
  std::vector<std::string> command_;  // as it was made to fit
  std::vector<PoolChange> holds_;     // what it is going to take, where that is known
  std::optional<Expected> expected_;
  RunStatus status_;
  std::optional<Signals> signals_;
  std::optional<Job> job_;
  std::optional<Scope> scope_;
  std::optional<Membership> membership_;
  std::optional<LessonOfUse> lesson_;
};

}  // namespace

int run(const Global& global, const RunOptions& options) { return Run(global, options).whole(); }

}  // namespace spillway
