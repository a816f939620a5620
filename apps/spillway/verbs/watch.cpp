#include "render/watch.h"

#include <time.h>

#include <cstdio>

#include "base/clock.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

constexpr std::uint64_t kLinesPerHead = 20;

void sleep_until(TimePoint moment) {
  const auto since = moment.time_since_epoch();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
  const timespec until{whole.count(), (since - whole).count()};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

void print(const Console& console, const StatusReport& report, const WatchOptions& options,
           std::uint64_t line) {
  if (options.json) return console.print(watch_json(report));
  if (options.csv) {
    if (line == 0) console.print(kWatchCsvHead);
    return console.print(watch_csv(report));
  }
  if (line % kLinesPerHead == 0) console.print(painted(watch_head(), Paint::dim, console.canvas()));
  const std::string text = watch_line(report);
  console.print(console.canvas().width > 0 ? cut(text, console.canvas().width) : text);
}

}  // namespace

ExitCode watch(const Global& global, const WatchOptions& options) {
  const Console console(global);
  auto source = open_status(global);
  if (!source) return tell(console, source.error());
  TimePoint next = SystemClock().now();
  for (std::uint64_t line = 0; options.count == 0 || line < options.count; ++line) {
    if (line > 0) sleep_until(next += options.interval);
    auto report = (*source)->look(true);
    if (!report && report.error().code == ExitCode::no_daemon) {
      // A daemon that was restarted, or went away for good: then this program looks by itself.
      source = open_status(global);
      if (source) report = (*source)->look(true);
    }
    if (!report) return tell(console, report.error());
    if (line == 0 && report->source == "direct") console.tell(no_daemon_hint(global));
    print(console, *report, options, line);
    if (const ExitCode code = console.finish(ExitCode::ok); code != ExitCode::ok) return code;
  }
  return ExitCode::ok;
}

}  // namespace spillway
