#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/tune/book.h"
#include "doctor/tune/in_force.h"
#include "doctor/tune/use.h"
#include "render/canvas.h"

namespace spillway {

/// What `tune recommend` and `tune apply` show.
struct TuneProposal {
  std::string root = "/";
  bool live = false;
  doctor::TuneTarget target;
  std::vector<doctor::TargetCheck> checks;  // what is in use now
  doctor::Recommendation recommended;
  std::string id;  // that an application would get
  std::vector<doctor::TuneFile> files;
  std::vector<doctor::TuneValue> values;
};

/// What was applied, and whether it counts.
struct TuneStateOf {
  doctor::TuneApplication application;
  std::vector<doctor::InForce> settings;
  std::optional<Duration> left;  // to confirm it
};

/// What `tune verify -- CMD` saw of one run.
struct CheckRun {
  int code = 0;
  Duration took{};
};

/// What `tune verify` found.
struct TuneVerdict {
  std::optional<TuneStateOf> state;
  std::vector<doctor::TargetCheck> checks;
  std::string measured;  // how: "over 10 s"
  std::optional<CheckRun> before, after;

  /// Everything is in force, nothing that was measured misses its target, and the command went no worse.
  bool good() const;
};

std::vector<std::string> recommend_lines(const TuneProposal& proposal, const Canvas& canvas);
/// The exact writes of an application: paths and contents.
std::vector<std::string> writes_lines(const TuneProposal& proposal, const Canvas& canvas);
std::vector<std::string> tune_status_lines(const std::vector<TuneStateOf>& states,
                                           const Canvas& canvas);
std::vector<std::string> verdict_lines(const TuneVerdict& verdict, const Canvas& canvas);

/// The same as JSON (docs/json.md, spillway.tune/1).
std::string tune_document(std::string_view action, const TuneProposal& proposal);
std::string tune_document(const std::vector<TuneStateOf>& states);
std::string tune_document(const TuneVerdict& verdict);

}  // namespace spillway
