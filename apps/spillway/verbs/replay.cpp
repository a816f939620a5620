#include <fmt/format.h>

#include "base/clock.h"
#include "json/writer.h"
#include "replay/retrial.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

void write_list(JsonWriter& out, std::string_view key, const std::vector<std::string>& words) {
  out.key(key);
  out.begin_array();
  for (const std::string& word : words) out.value(word);
  out.end_array();
}

std::string document(const std::vector<Difference>& differences, const Retrial& retrial,
                     const JournalReader& reader) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.replay/1");
  out.member("looks", retrial.looks());
  out.member("looks_not_recorded", retrial.missing());
  out.member("lines_skipped", reader.skipped());
  out.key("differences");
  out.begin_array();
  for (const Difference& difference : differences) {
    out.begin_object();
    out.member("look", difference.look);
    out.member("time", difference.at);
    write_list(out, "recorded", difference.recorded);
    write_list(out, "today", difference.today);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

void print(const Console& console, const Difference& difference) {
  console.print(fmt::format("look {} at {}", difference.look, to_rfc3339(difference.at)));
  for (const std::string& word : difference.recorded) console.print("  then   " + printable(word));
  for (const std::string& word : difference.today) console.print("  today  " + printable(word));
}

void print_summary(const Console& console, std::size_t differences, const Retrial& retrial) {
  console.print(fmt::format("{} looks replayed: {}", retrial.looks(),
                            differences == 0 ? "today's decisions are the same"
                            : differences == 1
                                ? "one was decided differently"
                                : fmt::format("{} were decided differently", differences)));
  if (retrial.missing() > 0) {
    console.tell(fmt::format(
        "{} looks between them were not recorded; where growth decided, that can be the difference",
        retrial.missing()));
  }
}

}  // namespace

ExitCode replay(const Global& global, const ReplayOptions& options) {
  const Console console(global);
  auto reader = JournalReader::open(options.journal);
  if (!reader) {
    console.tell(reader.error());
    return ExitCode::failure;
  }
  Replay recording(std::move(*reader));
  Retrial retrial;
  std::vector<Difference> differences;
  while (const auto look = recording.next()) {
    auto difference = retrial.take(*look);
    if (!difference) continue;
    if (!options.json) print(console, *difference);
    differences.push_back(std::move(*difference));
  }
  for (const SkippedLine& line : recording.reader().skipped_lines()) {
    console.tell(fmt::format("{}:{}: skipped: {}", line.file, line.line, line.why));
  }
  if (retrial.looks() == 0) {
    console.tell(Error{Errc::invalid, "there is no look in it to replay", options.journal,
                       "journals are written by spillwayd, and by spillway demo --record FILE"});
    return ExitCode::failure;
  }
  if (options.json) {
    console.print(document(differences, retrial, recording.reader()));
  } else {
    print_summary(console, differences.size(), retrial);
  }
  return console.finish(differences.empty() ? ExitCode::ok : ExitCode::failure);
}

}  // namespace spillway
