#include "render/status.h"

#include "json/status_json.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {

ExitCode status(const Global& global, const StatusOptions& options) {
  const Console console(global);
  auto source = open_status(global);
  if (!source) return tell(console, source.error());
  const auto report = (*source)->look(options.verbose);
  if (!report) return tell(console, report.error());
  if (options.json) {
    std::string text = status_document(*report);
    if (text.ends_with('\n')) text.pop_back();
    console.print(text);
  } else {
    console.print(status_lines(*report, console.canvas()));
    const auto details = detail_lines(*report, console.canvas());
    if (options.verbose && !details.empty()) {
      console.print("");
      console.print(details);
    }
  }
  if (report->source == "direct") console.tell(no_daemon_hint(global));
  return console.finish(report->faults.empty() ? ExitCode::ok : ExitCode::partial);
}

}  // namespace spillway
