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

std::vector<std::unique_ptr<Recogniser>> recognisers() {
  std::vector<std::unique_ptr<Recogniser>> all;
  all.push_back(std::make_unique<KernelOom>());
  all.push_back(std::make_unique<Xid>());
  all.push_back(std::make_unique<Oomd>());
  all.push_back(std::make_unique<Earlyoom>());
  all.push_back(std::make_unique<Containers>());
  all.push_back(std::make_unique<Programs>());
  all.push_back(std::make_unique<Servers>());
  return all;
}

/// Of all recognisers, in their order, behind our journal's: the same for every explainer.
const MarkSet& marks_of_all() {
  static const MarkSet marks = [] {
    MarkSet set;
    set.add(kJournal, kJournalMark);
    set.add(kJournalFirst, kJournalMark);
    std::size_t next = kJournalMark + 1;
    for (const auto& recogniser : recognisers()) {
      for (const auto mark : recogniser->marks()) set.add(mark, next++);
    }
    set.prepare();
    return set;
  }();
  return marks;
}

}  // namespace

Explainer::Explainer(Predictor* predictor)
    : predictor_(predictor), marks_(marks_of_all()), journal_(std::make_unique<JournalLines>()) {
  std::size_t next = kJournalMark + 1;
  for (auto& recogniser : recognisers()) {
    const std::size_t count = recogniser->marks().size();
    const auto own = (~MarkSet::Found() >> (MarkSet::kMost - count)) << next;
    sources_.push_back({std::move(recogniser), next, own});
    next += count;
  }
}

Explainer::~Explainer() = default;

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
