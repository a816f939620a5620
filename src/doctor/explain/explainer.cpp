#include "doctor/explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>

#include "doctor/explain/journal_lines.h"
#include "doctor/kernel/oom.h"
#include "doctor/kernel/xid.h"
#include "doctor/killers/containers.h"
#include "doctor/killers/earlyoom.h"
#include "doctor/killers/oomd.h"
#include "doctor/lines/scan.h"
#include "doctor/lines/stamp.h"
#include "doctor/programs/programs.h"
#include "doctor/programs/servers.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kJournalMark = 0;
constexpr std::string_view kJournal = "{\"kind\":\"frame\"";
constexpr std::string_view kJournalFirst = "{\"schema\":\"spillway.journal/";

/// In journalctl's export format the time stands some fields before the message.
Stamp stamp_before(std::string_view history) {
  constexpr int kMostFields = 40;
  for (int i = 0; i < kMostFields; ++i) {
    const auto field = last_line(history);
    if (!field || field->empty()) break;  // an empty line ends an entry
    if (field->starts_with("__REALTIME_TIMESTAMP=")) return stamp_of(*field);
  }
  return {};
}

}  // namespace

Explainer::Explainer(Predictor predictor)
    : predictor_(std::move(predictor)), journal_(std::make_unique<JournalLines>()) {
  marks_.add(kJournal, kJournalMark);
  marks_.add(kJournalFirst, kJournalMark);
  next_mark_ = kJournalMark + 1;
  add(std::make_unique<KernelOom>());
  add(std::make_unique<Xid>());
  add(std::make_unique<Oomd>());
  add(std::make_unique<Earlyoom>());
  add(std::make_unique<Containers>());
  add(std::make_unique<Programs>());
  add(std::make_unique<Servers>());
  marks_.prepare();
}

Explainer::~Explainer() = default;

void Explainer::add(std::unique_ptr<Recogniser> recogniser) {
  const auto marks = recogniser->marks();
  for (std::size_t i = 0; i < marks.size(); ++i) marks_.add(marks[i], next_mark_ + i);
  sources_.push_back({std::move(recogniser), next_mark_, marks.size()});
  next_mark_ += marks.size();
}

bool Explainer::anybody_waits() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return source.recogniser->wants_more(); });
}

void Explainer::hand_out(const Line& line, const MarkSet::Found& found) {
  for (const Source& source : sources_) {
    const MarkSet::Found own =
        (found >> source.first_mark) & (~MarkSet::Found() >> (MarkSet::kMost - source.marks));
    if (own.any() || source.recogniser->wants_more()) source.recogniser->take(line, own, gatherer_);
  }
}

void Explainer::take(const LineReader& lines, const MarkSet::Found& found) {
  if (found[kJournalMark]) {
    // What the kernel said is in the journal as it said it.
    for (const auto& message : journal_->take(lines.line())) {
      const Line line{message.text, {}, message.stamp, lines.name(), lines.number()};
      hand_out(line, marks_.find(line.text));
    }
    return;
  }
  const auto texts = texts_of(lines.line());
  for (const std::string& text : texts) {
    Line line{text, lines.history(), stamp_of(text), lines.name(), lines.number()};
    if (line.stamp.line == Stamp::Line::none && text.starts_with("MESSAGE=")) {
      line.stamp = stamp_before(line.history);
    }
    hand_out(line, marks_.find(text));
  }
}

void Explainer::read(LineReader& lines) {
  gatherer_.next_input();
  while (lines.next()) {
    const MarkSet::Found found = marks_.find(lines.line());
    if (!found.any() && !waits_) continue;
    take(lines, found);
    waits_ = anybody_waits();
  }
  for (const Source& source : sources_) source.recogniser->end(gatherer_);
  waits_ = false;
  report_.lines += lines.number();
  report_.bytes += lines.bytes();
  if (lines.error())
    report_.notes.push_back(fmt::format("{}: {}", lines.name(), to_string(*lines.error())));
  if (lines.cut_lines() > 0) {
    report_.notes.push_back(
        fmt::format("{}: {} lines are longer than {} KiB and were read in pieces", lines.name(),
                    lines.cut_lines(), LineReader::kLongest / 1024));
  }
}

Report Explainer::finish() {
  report_.findings = gatherer_.finish();
  report_.series = journal_->series();
  for (Finding& finding : report_.findings) advise(finding, predictor_);
  if (gatherer_.left_out() > 0) {
    report_.notes.push_back(fmt::format("{} more findings are left out", gatherer_.left_out()));
  }
  return std::move(report_);
}

}  // namespace spillway::doctor
