#include "doctor/explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>

#include "doctor/explain/journal_lines.h"
#include "doctor/explain/mask.h"
#include "doctor/kernel/oom.h"
#include "doctor/kernel/xid.h"
#include "doctor/killers/containers.h"
#include "doctor/killers/earlyoom.h"
#include "doctor/killers/oomd.h"
#include "doctor/programs/programs.h"
#include "doctor/programs/servers.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kJournalMark = 0;
constexpr std::string_view kJournal = "{\"kind\":\"frame\"";
constexpr std::string_view kJournalFirst = "{\"schema\":\"spillway.journal/";

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
  const auto own = (~MarkSet::Found() >> (MarkSet::kMost - marks.size())) << next_mark_;
  sources_.push_back({std::move(recogniser), next_mark_, own});
  next_mark_ += marks.size();
}

void Explainer::hand_out(const Line& line, const MarkSet::Found& found) {
  waits_ = false;
  for (Source& source : sources_) {
    const MarkSet::Found own = found & source.marks;
    if (own.any() || source.waits) {
      source.recogniser->take(line, own >> source.first_mark, gatherer_);
      source.waits = source.recogniser->wants_more();
    }
    waits_ = waits_ || source.waits;
  }
}

void Explainer::take(const LineReader& lines, const MarkSet::Found& found) {
  if (found[kJournalMark]) {
    // What the kernel said is in the journal as it said it.
    for (const auto& message : journal_->take(lines.line())) {
      hand_out({message.text, {}, lines.number(), message.stamp}, marks_.find(message.text));
    }
    return;
  }
  const std::string_view raw = lines.line();
  for (const std::string_view text : texts_.of(raw)) {
    const bool whole = text.data() == raw.data();
    hand_out({text, lines.history(), lines.number(), {}}, whole ? found : marks_.find(text));
  }
}

void Explainer::read(LineReader& lines) {
  gatherer_.next_input(lines.name());
  while (lines.next()) {
    const MarkSet::Found found = marks_.find(lines.line());
    if (!found.any() && !waits_) continue;
    take(lines, found);
  }
  const Line end{{}, lines.history(), lines.number() + 1, {}};
  for (Source& source : sources_) {
    source.recogniser->end(end, gatherer_);
    source.waits = false;
  }
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
  for (Finding& finding : report_.findings) {
    for (Evidence& evidence : finding.evidence) evidence.text = masked(evidence.text);
    advise(finding, predictor_);
  }
  if (gatherer_.left_out() > 0) {
    report_.notes.push_back(fmt::format("{} more findings are left out", gatherer_.left_out()));
  }
  return std::move(report_);
}

}  // namespace spillway::doctor
