#include "render/report.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"
#include "doctor/report/document.h"
#include "journal_place.h"
#include "record/journal_files.h"
#include "record/journal_reader.h"
#include "verbs/page.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

using doctor::ReportBuilder;

Result<std::uint64_t> read(const std::string& path, ReportBuilder& builder) {
  auto reader = JournalReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  while (const auto event = reader->next()) builder.take(*event);
  return reader->skipped();
}

/// The lines that could not be read. Of a folder only the files that go on after `since` are opened.
Result<std::uint64_t> read_journal(const std::string& path, WallTime since,
                                   ReportBuilder& builder) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return read(path, builder);
  const auto files = list_journal(path);
  if (!files) return tl::unexpected(files.error());
  std::uint64_t skipped = 0;
  for (const JournalFile& file : *files) {
    if (file.superseded || file.modified < since) continue;
    const auto more = read(file.path, builder);
    // The guard may have thinned it away meanwhile.
    if (!more && more.error().code == Errc::not_found) continue;
    if (!more) return more;
    skipped += *more;
  }
  return skipped;
}

}  // namespace

WallTime Since::before(WallTime now) const {
  if (moment) return *moment;
  return {now.unix_ns - std::min<std::int64_t>(ago.count(), now.unix_ns)};
}

ExitCode report(const Global& global, const ReportOptions& options) {
  const Console console(global);
  const auto journal = options.journal.empty() ? usual_journal() : std::optional(options.journal);
  if (!journal) {
    console.tell("there is no journal here; --journal PATH names one");
    return ExitCode::failure;
  }
  const WallTime now = SystemClock().wall();
  const WallTime since = options.since.before(now);
  ReportBuilder builder(since, now);
  const auto skipped = read_journal(*journal, since, builder);
  if (!skipped) {
    console.tell(skipped.error());
    return ExitCode::failure;
  }
  doctor::JournalReport report = builder.finish(options.targets);
  if (*skipped > 0)
    report.notes.push_back(std::to_string(*skipped) + " lines of the journal could not be read");
  for (const std::string& note : report.notes) console.tell(note);
  if (options.json) {
    console.print(doctor::report_document(report));
  } else if (options.html.empty()) {
    console.print(report_lines(report, console.canvas()));
  }
  const bool written =
      options.html.empty() || write_page(console, options.html, report_page(report));
  return console.finish(written ? ExitCode::ok : ExitCode::failure);
}

}  // namespace spillway
