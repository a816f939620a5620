#include "calibrate/measured_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "run/supervise.h"

namespace spillway {
namespace {

constexpr std::array kAskedToEnd{SIGINT, SIGTERM};

/// Whoever is started meanwhile writes to our standard error: our output is the plan.
class OutputToErrors {
 public:
  OutputToErrors() : output_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  ~OutputToErrors() {
    if (output_) ::dup2(output_.get(), STDOUT_FILENO);
  }
  OutputToErrors(const OutputToErrors&) = delete;
  OutputToErrors& operator=(const OutputToErrors&) = delete;

 private:
  const UniqueFd output_;
};

bool is_as_asked(int exit_code) {
  return exit_code == 0 || std::any_of(kAskedToEnd.begin(), kAskedToEnd.end(),
                                       [&](int signal) { return exit_code == 128 + signal; });
}

}  // namespace

Bytes largest_process() {
  rusage used{};
  return ::getrusage(RUSAGE_CHILDREN, &used) == 0 ? Bytes{used.ru_maxrss * 1024} : Bytes{};
}

Result<MeasuredRun> measure_run(const std::vector<std::string>& command, DeviceUses uses) {
  auto signals = Signals::block();
  if (!signals) return tl::unexpected(signals.error());
  // Those whose parents have ended become our children, so that nobody leaves the tree.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto job = [&] {
    const OutputToErrors redirected;
    return Job::prepare(command);
  }();
  if (!job) return tl::unexpected(job.error());
  const bool on_devices = uses != nullptr;
  Meter meter(::getpid(), std::move(uses));
  if (const int error = job->release(); error != 0) {
    return tl::unexpected(system_error(error, command[0]));
  }
  Membership nobody({}, {});
  const SystemClock clock;
  MeasuredRun run;
  run.exit_code = code_of(supervise(*job, *signals, nobody, clock));
  run.ended_as_asked = is_as_asked(run.exit_code);
  run.peak = meter.stop();
  const Bytes largest = largest_process();
  if (on_devices) {
    run.how = fmt::format("VRAM of its processes as the driver shows it, {} looks", run.peak.looks);
  } else if (largest >= run.peak.bytes) {
    run.peak.bytes = largest;
    run.how = "the largest RSS of one process, as the kernel kept it";
  } else {
    run.how = fmt::format("{} of {} processes together, {} looks",
                          run.peak.shared_twice ? "RSS, shared pages counted again," : "PSS",
                          run.peak.processes, run.peak.looks);
  }
  return run;
}

}  // namespace spillway
