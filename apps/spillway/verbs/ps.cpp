#include "render/ps.h"

#include "json/status_json.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {

ExitCode ps(const Global& global, const PsOptions& options) {
  const Console console(global);
  auto session = Session::open(global);
  if (!session) return tell(console, session.error());
  const auto report = session->status(true);
  if (!report) return tell(console, report.error());
  if (options.json) {
    std::string text = ps_document(*report);
    if (text.ends_with('\n')) text.pop_back();
    console.print(text);
  } else {
    console.print(ps_lines(*report, options.all, console.canvas()));
  }
  return console.finish(ExitCode::ok);
}

}  // namespace spillway
