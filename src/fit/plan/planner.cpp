#include "fit/plan/planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "fit/footprint.h"
#include "fit/need/inverse.h"

namespace spillway::fit {
namespace {

/// A component while its plan is being made.
struct Draft {
  const ComponentAsked* asked = nullptr;
  std::optional<LoadedModel> model;
  Corrected needs;
  Ways ways;  // of the model
};

Error named(Error error, const std::string& component) {
  error.what = component + ": " + error.what;
  return error;
}

std::string note_of(const Lesson& lesson) {
  return fmt::format("corrected by the run of {:.10}: {} measured, {} predicted",
                     to_rfc3339(lesson.at), to_string(lesson.measured),
                     to_string(lesson.predicted));
}

class Planner {
 public:
  Planner(const PlanRequest& request, const Surroundings& surroundings)
      : request_(request), surroundings_(surroundings) {}

  Result<FitPlan> run() {
    if (const Status there = check_gpus(); !there) return tl::unexpected(there.error());
    if (const Status read = read_models(); !read) return tl::unexpected(read.error());
    plan_.report.machine = request_.machine;
    plan_.report.machine_source = request_.machine_source;
    plan_.report.limits = request_.limits;
    Answer& answer = plan_.report.answer;
    answer = fit_stack(stack(), request_.machine, request_.limits);
    if (answer.verdict != Verdict::fits) {
      if (const Status wider = look_for_ways(); !wider) return tl::unexpected(wider.error());
      answer = fit_stack(stack(), request_.machine, request_.limits);
    }
    for (std::size_t i = 0; i < drafts_.size(); ++i) describe(i);
    return std::move(plan_);
  }

 private:
  Status check_gpus() const {
    const std::size_t gpus = request_.machine.gpus.size();
    for (const ComponentAsked& asked : request_.components) {
      const auto gpu = asked.component.gpu;
      if (!gpu || *gpu < gpus) continue;
      return fail(
          Errc::invalid, fmt::format("there is no GPU {}", *gpu), asked.component.name,
          gpus == 0 ? "no GPU can be seen" : fmt::format("GPUs 0 to {} can be seen", gpus - 1));
    }
    return {};
  }

  Status read_models() {
    for (const ComponentAsked& asked : request_.components) {
      Draft& draft = drafts_.emplace_back();
      draft.asked = &asked;
      if (!asked.model) continue;
      auto loaded = load_model(*asked.model, asked.component.kind, surroundings_);
      if (!loaded) return tl::unexpected(named(loaded.error(), asked.component.name));
      Use& use = loaded->to_plan.use;
      const auto& gpus = request_.machine.gpus;
      if (gpus.empty()) use.on_cpu = true;
      const std::size_t gpu = asked.component.gpu.value_or(0);
      if (gpu < gpus.size()) use.card = gpus[gpu].total;
      draft.needs = corrected(request_.corrections, loaded->to_plan.shape, use,
                              gpu < gpus.size() ? gpus[gpu].device : std::string());
      auto ways = as_asked(loaded->to_plan, draft.needs.footprint_of);
      if (!ways) return tl::unexpected(named(ways.error(), asked.component.name));
      draft.ways = std::move(*ways);
      draft.model = std::move(*loaded);
    }
    return {};
  }

  Status look_for_ways() {
    for (Draft& draft : drafts_) {
      if (!draft.model) continue;
      ModelToPlan& model = draft.model->to_plan;
      model.smaller = smaller_models(*draft.model, draft.asked->smaller, surroundings_);
      auto ways = ways_of(model, draft.needs.footprint_of);
      if (!ways) return tl::unexpected(named(ways.error(), draft.asked->component.name));
      draft.ways = request_.possible ? possible_of(*ways) : std::move(*ways);
    }
    return {};
  }

  /// What was asked for, and those of its ways that can be gone.
  Ways possible_of(const Ways& ways) const {
    Ways kept;
    for (std::size_t i = 0; i < ways.variants.size(); ++i) {
      const auto& changes = ways.variants[i].changes;
      if (!std::all_of(changes.begin(), changes.end(),
                       [&](const Change& change) { return request_.possible(change.kind); })) {
        continue;
      }
      kept.variants.push_back(ways.variants[i]);
      kept.uses.push_back(ways.uses[i]);
      kept.models.push_back(ways.models[i]);
    }
    return kept;
  }

  Stack stack() const {
    Stack stack;
    for (const Draft& draft : drafts_) {
      Component& component = stack.emplace_back(draft.asked->component);
      if (!draft.model) continue;
      component.kind = draft.model->to_plan.kind;
      // The changes that the file itself knows come after those that were found.
      component.variants.erase(component.variants.begin());
      component.variants.insert(component.variants.begin(), draft.ways.variants.begin(),
                                draft.ways.variants.end());
    }
    return stack;
  }

  void describe(std::size_t i) {
    const Draft& draft = drafts_[i];
    const Placement& placed = plan_.report.answer.situation.placements[i];
    PlannedModel& out = plan_.report.models.emplace_back();
    out.name = draft.asked->component.name;
    out.gpu = placed.gpu;
    out.unloaded = placed.unloaded;
    if (!draft.model) {
      out.need = draft.asked->component.variants.front().need;
      return;
    }
    const ModelToPlan& model = draft.model->to_plan;
    out.description = draft.model->description;
    out.notes = draft.model->notes;
    out.need = draft.ways.variants.front().need;
    out.lesson = draft.needs.lesson;
    if (out.lesson) out.notes.push_back(note_of(*out.lesson));
    if (!draft.needs.warning.empty()) out.notes.push_back(draft.needs.warning);
    if (auto footprint = draft.needs.footprint_of(model.shape, model.use)) {
      out.asked = std::move(*footprint);
    }
    find_limits(i, model, out);
    plan_.models.push_back(model);
    plan_.paths.push_back(draft.model->path);
    const bool own = placed.variant < draft.ways.uses.size();
    plan_.uses.push_back(own ? draft.ways.uses[placed.variant] : model.use);
    plan_.needs.push_back(draft.needs.footprint_of);
  }

  /// How far the model may grow as it was asked for, all others as planned.
  void find_limits(std::size_t i, const ModelToPlan& model, PlannedModel& out) const {
    const bool on_gpu = out.where() == Where::vram;
    if (on_gpu && !out.gpu) return;
    const Headroom& room = plan_.report.answer.headrooms[i];
    const FootprintOf& need = drafts_[i].needs.footprint_of;
    const Bytes limit = on_gpu ? room.vram : room.ram;
    if (model.shape.encoder) {
      const auto seconds =
          largest_audio_seconds(model.shape, model.use, out.where(), limit, Bound::likely, need);
      if (seconds && *seconds < kLongestAudio) out.max_safe_audio_seconds = *seconds;
    }
    if (model.shape.family != Family::decoder) return;
    const auto tokens =
        largest_context(model.shape, model.use, out.where(), limit, Bound::likely, need);
    if (tokens && *tokens < kLongestContext) out.max_safe_context = *tokens;
  }

  const PlanRequest& request_;
  const Surroundings& surroundings_;
  std::vector<Draft> drafts_;
  FitPlan plan_;
};

}  // namespace

Result<FitPlan> make_plan(const PlanRequest& request, const Surroundings& surroundings) {
  return Planner(request, surroundings).run();
}

}  // namespace spillway::fit
