#include <fmt/format.h>
#include <unistd.h>

#include "record/journal.h"
#include "tune/measure.h"
#include "tune/proposal.h"
#include "verbs/tune.h"

namespace spillway {
namespace {

using doctor::TuneTarget;

/// What the command line says counts, part by part, before what was applied for.
TuneTarget target_of(const TuneOptions& options, const std::optional<TuneStateOf>& state) {
  TuneTarget target = options.target;
  if (!state) return target;
  for (const auto part :
       {&TuneTarget::ram, &TuneTarget::vram, &TuneTarget::swap, &TuneTarget::available}) {
    if (!(target.*part)) target.*part = state->application.manifest.target.*part;
  }
  return target;
}

CheckRun run_of(const MeasuredCommand& measured) { return {measured.code, measured.took}; }

/// The journal that has something to say since `from`: the one named, else the system's or the user's.
std::optional<RecordedUse> journal_since(const Console& console, const TuneOptions& options,
                                         WallTime from) {
  std::vector<std::string> places{options.journal};
  if (options.journal.empty()) {
    places = {default_journal_directory(false), default_journal_directory(true)};
  }
  for (const std::string& place : places) {
    if (place.empty() || (options.journal.empty() && ::access(place.c_str(), R_OK) != 0)) continue;
    auto recorded = recorded_use(place, from);
    if (!recorded && !options.journal.empty()) console.tell(recorded.error());
    if (recorded && recorded->looks_since > 1) return *recorded;
  }
  return std::nullopt;
}

class Verification {
 public:
  Verification(const Global& global, const TuneOptions& options, TunePlace& place)
      : console_(global), global_(global), options_(options), place_(place) {}

  Result<TuneVerdict> run() {
    const auto all = place_.book.list();
    if (!all) return tl::unexpected(all.error());
    if (!all->empty()) verdict_.state = spillway::state_of(place_, all->back());
    target_ = target_of(options_, verdict_.state);
    if (options_.command.empty()) {
      verdict_.checks = measure();
      return verdict_;
    }
    return verdict_.state ? compare_with_nothing() : compare();
  }

 private:
  bool wants_vram() const { return target_.vram.has_value(); }

  std::vector<doctor::TargetCheck> measure() {
    const bool from_journal = place_.live() && verdict_.state && !options_.measure_for;
    if (from_journal || !options_.journal.empty()) {
      const WallTime from = verdict_.state ? verdict_.state->application.manifest.at : WallTime{};
      if (const auto recorded = journal_since(console_, options_, from)) {
        verdict_.measured =
            fmt::format("from the journal, {} looks over {}, before that {} looks",
                        recorded->looks_since, to_string(recorded->span), recorded->looks_before);
        return doctor::check_target(target_, recorded->since, recorded->before);
      }
    }
    if (doctor::check_target(target_, {}).empty()) return {};
    const Duration time = options_.measure_for.value_or(10s);
    verdict_.measured = "over " + to_string(time);
    return doctor::check_target(target_, measure_use(global_, place_, time, wants_vram()));
  }

  /// Something is applied already: what the command did before is not known.
  Result<TuneVerdict> compare_with_nothing() {
    const auto after = measure_command(global_, place_, options_.command, wants_vram());
    verdict_.after = run_of(after);
    verdict_.measured = "while the command ran";
    verdict_.checks = doctor::check_target(target_, after.use);
    return verdict_;
  }

  Result<TuneVerdict> compare() {
    const auto proposal = propose(global_, place_, options_);
    if (!proposal) return tl::unexpected(proposal.error());
    const auto before = measure_command(global_, place_, options_.command, wants_vram());
    verdict_.before = run_of(before);
    verdict_.measured = "while the command ran, before and after";
    if (proposal->recommended.changes.empty()) {
      console_.tell("nothing to change: the command ran once");
      verdict_.checks = doctor::check_target(target_, before.use);
      return verdict_;
    }
    // The command has to end before its settings do.
    const auto applied =
        apply_proposal(place_, *proposal, options_.confirm_within + 3 * before.took);
    if (!applied) return tl::unexpected(applied.error());
    const auto after = measure_command(global_, place_, options_.command, wants_vram());
    verdict_.after = run_of(after);
    verdict_.state = spillway::state_of(place_, *applied);
    verdict_.checks = doctor::check_target(target_, after.use, before.use);
    console_.tell("spillway tune confirm keeps it; else it is taken back");
    return verdict_;
  }

  Console console_;
  const Global& global_;
  const TuneOptions& options_;
  TunePlace& place_;
  TuneTarget target_;
  TuneVerdict verdict_;
};

}  // namespace

ExitCode tune_verify(const Global& global, const TuneOptions& options) {
  const Console console(global);
  auto place = open_place(console, options);
  if (!place) return console.failed(place.error());
  const auto verdict = Verification(global, options, *place).run();
  if (!verdict) return console.failed(verdict.error());
  if (options.json) {
    console.print(tune_document(*verdict));
  } else {
    console.print(verdict_lines(*verdict, console.canvas()));
  }
  return console.finish(verdict->good() ? ExitCode::ok : ExitCode::failure);
}

}  // namespace spillway
