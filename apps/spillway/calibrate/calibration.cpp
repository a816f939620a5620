#include "calibrate/calibration.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "calibrate/device_uses.h"
#include "calibrate/measured_run.h"
#include "fit/learned/corrections_file.h"

namespace spillway {
namespace {

using fit::Where;

Failure usage(std::string what, std::string hint) {
  return {ExitCode::usage, {Errc::invalid, std::move(what), "--calibrate", std::move(hint)}};
}
Failure failure(const Error& error) { return {exit_code(error.code), error}; }
Failure nothing_learned(std::string what, std::string where, std::string hint = {}) {
  return {ExitCode::failure,
          {Errc::unavailable, std::move(what) + ": nothing was learned", std::move(where),
           std::move(hint)}};
}

/// What the run has taught, if it is a run of this model.
std::optional<Failure> why_not(const MeasuredRun& run, Where where, const fit::PlanRequest& request,
                               const std::string& command) {
  if (!run.ended_as_asked) {
    return nothing_learned(fmt::format("it ended with {}", run.exit_code), command);
  }
  const bool seen = run.peak.bytes.count > 0;
  if (where == Where::vram && !seen) {
    return nothing_learned("no VRAM of it was seen", command,
                           "on the CPU it is planned with --gpu-layers 0, or without a GPU");
  }
  if (run.peak.gpu_open && request.machine.gpus.empty()) {
    Failure failure = nothing_learned("it had a GPU open, and only the daemon measures VRAM",
                                      command, "start spillwayd first");
    if (request.machine_source == "direct") failure.code = ExitCode::no_daemon;
    return failure;
  }
  return std::nullopt;
}

}  // namespace

Answer<fit::Calibration> calibrate(const Global& global, const fit::PlanRequest& request,
                                   const fit::Surroundings& surroundings,
                                   const std::vector<std::string>& command,
                                   const std::string& file) {
  fit::PlanRequest plain = request;
  plain.corrections = {};
  const auto made = fit::make_plan(plain, surroundings);
  if (!made) return tl::unexpected(failure(made.error()));
  if (made->models.size() != 1) {
    return tl::unexpected(usage("one model is measured at a time",
                                "spillway plan --calibrate "
                                "MODEL -- COMMAND"));
  }
  const fit::ModelToPlan& model = made->models.front();
  const fit::Footprint& predicted = made->report.models.front().asked;
  const Where where = predicted.sum(Where::vram).likely.count > 0 ? Where::vram : Where::ram;
  std::string device(fit::kRamDevice);
  DeviceUses uses;
  if (where == Where::vram) {
    device = request.machine.gpus[request.components.front().component.gpu.value_or(0)].device;
    if (device.empty()) {
      return tl::unexpected(
          usage("a card that is only talked about cannot be measured", "leave --vram out"));
    }
    auto opened = device_uses(global);
    if (!opened) return tl::unexpected(opened.error());
    uses = std::move(*opened);
  }
  const auto run = measure_run(command, std::move(uses));
  if (!run) return tl::unexpected(Failure{ExitCode::failure, run.error()});
  if (auto not_learned = why_not(*run, where, request, command.front())) {
    return tl::unexpected(std::move(*not_learned));
  }
  auto lesson =
      fit::lesson_of(model.shape, model.use, device, run->peak.bytes, SystemClock().wall());
  if (!lesson) return tl::unexpected(Failure{ExitCode::failure, lesson.error()});
  if (const Status kept = fit::remember(file, std::move(*lesson)); !kept) {
    return tl::unexpected(Failure{ExitCode::failure, kept.error()});
  }
  return fit::Calibration{where, predicted.sum(where), run->peak.bytes, run->how, run->exit_code};
}

std::string calibration_line(const fit::Calibration& calibration) {
  const fit::Range& predicted = calibration.predicted;
  return fmt::format(
      "calibrated: {} of {} measured ({}), {} ({} to {}) predicted; it ended with {}",
      to_string(calibration.measured), calibration.where == Where::vram ? "VRAM" : "RAM",
      calibration.how, to_string(predicted.likely), to_string(predicted.low),
      to_string(predicted.high), calibration.exit_code);
}

}  // namespace spillway
