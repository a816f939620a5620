#include "render/doctor.h"

#include "doctor/read/machine.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {

ExitCode doctor_verb(const Global& global, const DoctorOptions& options) {
  const Console console(global);
  auto source = open_status(global, false);
  if (!source) return tell(console, source.error());
  auto report = (*source)->look(false);
  if (!report) return tell(console, report.error());

  doctor::Examined examined;
  examined.machine = doctor::read_machine(SysRoot());
  examined.holdings = doctor::holdings_of(examined.machine, *report);
  examined.report = std::move(*report);
  const std::vector<doctor::Diagnosis> diagnoses = doctor::examine(examined);
  if (options.json) {
    console.print(doctor_document(examined, diagnoses));
  } else {
    console.print(doctor_lines(examined, diagnoses, console.canvas()));
  }
  return console.finish(doctor::has_findings(diagnoses) ? ExitCode::failure : ExitCode::ok);
}

}  // namespace spillway
