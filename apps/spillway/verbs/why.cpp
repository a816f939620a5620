#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "journal_place.h"
#include "record/explain.h"
#include "record/journal_reader.h"
#include "session.h"
#include "verbs/verbs.h"
#include "wire/fields.h"

namespace spillway {
namespace {

constexpr std::size_t kMostEvents = 20'000;  // of a journal, the latest

ExitCode print(const Console& console, const std::vector<std::string>& lines, bool found) {
  for (const std::string& line : lines) {
    found ? console.print(printable(line)) : console.tell(line);
  }
  return console.finish(found ? ExitCode::ok : ExitCode::failure);
}

/// The daemon's document as it is, or its sentences.
ExitCode print(const Console& console, const nlohmann::json& answer, bool json) {
  const bool found = bool_of(answer, "found").value_or(true);
  if (json) {
    console.print(answer.dump(2));
    return console.finish(found ? ExitCode::ok : ExitCode::failure);
  }
  std::vector<std::string> lines;
  if (const auto* texts = member(answer, "sentences"); texts != nullptr && texts->is_array()) {
    for (const auto& text : *texts) {
      if (text.is_string()) lines.push_back(text.get<std::string>());
    }
  }
  return print(console, lines, found);
}

/// The latest events, and the state of things at the end of them as far as it was recorded.
struct Recording {
  std::vector<Event> events;
  StatusReport report;
};

void take(StatusReport& report, const Frame& frame) {
  report.at = frame.snapshot.wall;
  report.now = frame.snapshot.at;
  report.level = frame.assessment.level;
  report.pools.clear();
  for (const PoolAssessment& pool : frame.assessment.pools) {
    report.pools.emplace_back().assessment = pool;
  }
  if (frame.tenants) report.tenants = *frame.tenants;
}

Result<Recording> read(const std::string& journal) {
  auto reader = JournalReader::open(journal);
  if (!reader) return tl::unexpected(reader.error());
  Recording recording;
  recording.report.source = "journal";
  while (auto event = reader->next()) {
    if (const auto* frame = std::get_if<Frame>(&*event)) take(recording.report, *frame);
    recording.events.push_back(std::move(*event));
    if (recording.events.size() >= 2 * kMostEvents) {
      recording.events.erase(recording.events.begin(),
                             recording.events.begin() + static_cast<std::ptrdiff_t>(kMostEvents));
    }
  }
  return recording;
}

ExitCode explain_journal(const Console& console, const WhyOptions& options,
                         const std::string& journal) {
  const auto recording = read(journal);
  if (!recording) {
    console.tell(recording.error());
    return ExitCode::failure;
  }
  const Explanation explanation = explain(recording->events, recording->report, options.subject);
  if (options.json) {
    std::string text = why_document(explanation, recording->report);
    text.erase(text.find_last_not_of('\n') + 1);
    console.print(text);
    return console.finish(explanation.found ? ExitCode::ok : ExitCode::failure);
  }
  if (!recording->events.empty()) {
    console.tell("from " + journal + ", as of " + to_rfc3339(recording->report.at));
  }
  return print(console, explanation.lines, explanation.found);
}

}  // namespace

ExitCode why(const Global& global, const WhyOptions& options) {
  const Console console(global);
  if (!options.journal.empty()) return explain_journal(console, options, options.journal);
  auto session = Session::open(global);
  if (!session) {
    const auto journal = usual_journal();
    if (session.error().code != ExitCode::no_daemon || !journal)
      return tell(console, session.error());
    return explain_journal(console, options, *journal);
  }
  const nlohmann::json params{{"query", options.subject}};
  const auto answer = session->call("why", params.dump());
  if (!answer) return tell(console, answer.error());
  return print(console, *answer, options.json);
}

}  // namespace spillway
