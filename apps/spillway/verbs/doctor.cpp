#include "render/doctor.h"

#include "doctor/explain/explainer.h"
#include "doctor/read/history.h"
#include "doctor/read/machine.h"
#include "doctor/read/nvidia.h"
#include "journal_place.h"
#include "port/program_output.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

/// What the kernel has said since boot and still keeps; nothing where it may not be read.
std::vector<doctor::Finding> kernel_log() {
  auto ring = doctor::open_kmsg();
  if (!ring) return {};
  doctor::Explainer explainer;
  doctor::LineReader lines("/dev/kmsg", std::move(*ring));
  explainer.read(lines);
  return explainer.finish().findings;
}

/// What only the driver knows. It may hang, and wakes what sleeps: a program of its own asks it, for a short
/// time, and only when every card is awake.
void ask_nvidia(doctor::GpuState& state) {
  constexpr Duration kPatience = 2s;
  bool any = false;
  for (const doctor::Gpu& gpu : state.gpus) {
    if (gpu.driver != "nvidia") continue;
    if (gpu.asleep) return;
    any = true;
  }
  if (!any) return;
  if (const auto xml = output_of("nvidia-smi", {"-q", "-x"}, kPatience))
    add_nvidia_smi(*xml, state);
}

}  // namespace

ExitCode doctor_verb(const Global& global, const DoctorOptions& options) {
  const Console console(global);
  auto source = open_status(global, false);
  if (!source) return tell(console, source.error());
  auto report = (*source)->look(false);
  if (!report) return tell(console, report.error());

  doctor::Examined examined;
  examined.report = std::move(*report);
  examined.machine = doctor::read_machine(SysRoot());
  ask_nvidia(examined.machine.gpu);
  examined.holdings = doctor::holdings_of(examined.machine, examined.report);
  examined.history = doctor::read_history(usual_journal().value_or(""));
  examined.kernel_log = kernel_log();
  const std::vector<doctor::Diagnosis> diagnoses = doctor::examine(examined);
  if (options.json) {
    console.print(doctor_document(examined, diagnoses));
  } else {
    console.print(doctor_lines(examined, diagnoses, console.canvas()));
  }
  return console.finish(doctor::has_findings(diagnoses) ? ExitCode::failure : ExitCode::ok);
}

}  // namespace spillway
