// A service's own configuration: its scalars stand where they are said to, and edits touch nothing else.

#include <string>

#include "tests/fuzz/fuzz.h"
#include "tune/app/rules.h"

namespace spillway::fuzz {
namespace {

const AppSituation kShort{
    .ram = {7_GiB, 3_GiB, true}, .vram = {7_GiB, 3_GiB, true}, .vram_total = 12_GiB};

void tune_service(std::string_view file) {
  const auto format = static_cast<AppFormat>(take_choice(file) % 3);
  const auto scalars = app_scalars(file, format, "file");
  if (!scalars) return;
  for (const AppScalar& scalar : *scalars) {
    must(scalar.begin < scalar.end && scalar.end <= file.size());
    must(file.substr(scalar.begin, scalar.end - scalar.begin) == scalar.text);
  }
  const auto edits = app_edits(file, *scalars, kShort);
  std::size_t last = 0;
  for (const AppEdit& edit : edits) {
    must(edit.begin >= last && edit.before != edit.after);
    must(edit.after.find('\n') == std::string::npos);
    last = edit.end;
  }
  must(app_diff(file, "file", edits).empty() == edits.empty());
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::tune_service)
