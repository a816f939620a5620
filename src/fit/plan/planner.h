#pragma once

#include <functional>
#include <vector>

#include "fit/choose/stack_file.h"
#include "fit/files/open_model.h"
#include "fit/learned/corrections.h"
#include "fit/plan/load.h"
#include "fit/plan/report.h"

namespace spillway::fit {

/// What is to be planned, and on what.
struct PlanRequest {
  std::vector<ComponentAsked> components;
  Machine machine;
  std::string machine_source;
  Limits limits;
  Corrections corrections;  // what measured runs have taught
  std::function<bool(ChangeKind)>
      possible{};  // which changes can be made to models; none: every one
};

/// A plan with what --print-flags and --svg need beside it.
struct FitPlan {
  PlanReport report;
  std::vector<ModelToPlan> models;  // of components with a model, in their order
  std::vector<std::string> paths;   // theirs
  std::vector<Use> uses;            // how they are to be run
  std::vector<FootprintOf> needs;   // what they need, with what measured runs have taught
};

/// Reads the models, adds up what they need, and finds out whether and how they fit. Ways to need less
/// are looked for only when they do not fit as asked. Errors: those of the readers, and of figures that
/// a back end cannot be asked for, or invalid for a GPU that is not there; with the component's name.
Result<FitPlan> make_plan(const PlanRequest& request, const Surroundings& surroundings);

}  // namespace spillway::fit
