#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "capi/errors.h"
#include "capi/versioned.h"
#include "fit/choose/change.h"
#include "fit/choose/use_options.h"
#include "fit/plan/planner.h"
#include "fit/plan/report_json.h"
#include "spillway/fit.h"

// The C interface of libspillway-fit over src/fit/plan.

struct spillway_plan {
  spillway::fit::PlanReport report;
  std::string json;
  std::vector<std::string> kinds;  // of the changes, as C strings
};

namespace {

using namespace spillway;

fit::Surroundings surroundings() {
  return fit::surroundings_from([](const char* name) -> const char* { return ::getenv(name); });
}

int missing() { return report(SPILLWAY_E_INVALID, "a required argument is null"); }

spillway_range range(const fit::Range& bytes) {
  return {bytes.low.count, bytes.likely.count, bytes.high.count};
}

/// "context=8192 cache_type=q8_0"
Result<fit::Use> use_of(std::string_view options) {
  fit::Use use;
  while (const auto word = next_word(options)) {
    std::string_view value = *word;
    const auto name = next_token(value, '=');
    if (!name || name->size() == word->size()) {
      return fail(Errc::invalid, "an option without a value", std::string(*word), "name=value");
    }
    if (auto set = fit::set_use(use, *name, value); !set) return tl::unexpected(set.error());
  }
  return use;
}

spillway_footprint c_footprint(const fit::Footprint& from) {
  using fit::PartKind, fit::Where;
  const auto vram = [&](PartKind kind) { return range(from.sum(Where::vram, kind)); };
  spillway_footprint out{};
  out.weights = vram(PartKind::weights);
  out.kv = vram(PartKind::kv);
  out.compute = vram(PartKind::compute);
  out.overhead = vram(PartKind::overhead);
  out.peak = range(from.sum(Where::vram));
  out.ram_weights = range(from.sum(Where::ram, PartKind::weights));
  out.ram_peak = range(from.sum(Where::ram));
  return out;
}

Result<fit::FitPlan> plan_of(const char* text, const std::string& folder) {
  auto stack = fit::parse_stack(text, folder.empty() ? "stack" : folder + "/stack");
  if (!stack) return tl::unexpected(stack.error().front());
  if (!stack->machine.ram) {
    return fail(Errc::invalid, "the machine's RAM is not said", "stack",
                "[machine] ram = \"8GiB\"");
  }
  fit::PlanRequest request;
  request.components = std::move(stack->components);
  request.machine_source = "given";
  fit::say(request.machine, stack->machine);
  request.limits.safe = stack->machine.threshold.value_or(request.limits.safe);
  request.limits.reserve = stack->machine.reserve.value_or(Bytes{});
  return fit::make_plan(request, surroundings());
}

}  // namespace

extern "C" {

int spillway_fit_footprint(const char* model, const char* options, spillway_footprint* out) {
  if (model == nullptr || out == nullptr) return missing();
  return at_the_border([&] {
    const auto use = use_of(options != nullptr ? options : "");
    if (!use) return report(use.error());
    auto loaded = fit::load_model({.model = model, .parameters = {}, .dtype = {}, .use = *use},
                                  fit::ComponentKind::other, surroundings());
    if (!loaded) return report(loaded.error());
    const auto footprint = fit::footprint_of(loaded->to_plan.shape, loaded->to_plan.use);
    if (!footprint) return report(footprint.error());
    return code_of(write_struct(c_footprint(*footprint), out));
  });
}

int spillway_fit_plan(const char* stack, const char* folder, spillway_plan** out) {
  if (stack == nullptr || out == nullptr) return missing();
  return at_the_border([&] {
    auto made = plan_of(stack, folder != nullptr ? folder : "");
    if (!made) return report(made.error());
    auto plan = std::make_unique<spillway_plan>();
    plan->report = std::move(made->report);
    plan->json = fit::plan_document(plan->report);
    for (const fit::Proposal& change : plan->report.answer.changes) {
      plan->kinds.emplace_back(fit::row_of(change.change.kind).word);
    }
    *out = plan.release();
    return static_cast<int>((*out)->report.answer.verdict);
  });
}

void spillway_plan_release(spillway_plan* plan) { delete plan; }

int spillway_plan_verdict(const spillway_plan* plan) {
  return plan == nullptr ? missing() : static_cast<int>(plan->report.answer.verdict);
}

const char* spillway_plan_json(const spillway_plan* plan) {
  return plan == nullptr ? "" : plan->json.c_str();
}

size_t spillway_plan_changes(const spillway_plan* plan) {
  return plan == nullptr ? 0 : plan->report.answer.changes.size();
}

size_t spillway_plan_models(const spillway_plan* plan) {
  return plan == nullptr ? 0 : plan->report.models.size();
}

int spillway_plan_get_change(const spillway_plan* plan, size_t i, spillway_plan_change* out) {
  if (plan == nullptr) return missing();
  if (i >= spillway_plan_changes(plan)) {
    return report(SPILLWAY_E_NOT_FOUND, "the index is beyond the last");
  }
  return at_the_border([&] {
    const fit::Proposal& from = plan->report.answer.changes[i];
    spillway_plan_change change{};
    change.model = from.subject.c_str();
    change.kind = plan->kinds[i].c_str();
    change.what = from.change.what.c_str();
    change.pool = from.pool.c_str();
    change.saves_bytes = from.saves.count;
    change.peak_share = from.share;
    return code_of(write_struct(change, out));
  });
}

int spillway_plan_get_model(const spillway_plan* plan, size_t i, spillway_plan_model* out) {
  if (plan == nullptr) return missing();
  if (i >= spillway_plan_models(plan)) {
    return report(SPILLWAY_E_NOT_FOUND, "the index is beyond the last");
  }
  return at_the_border([&] {
    const fit::PlannedModel& from = plan->report.models[i];
    spillway_plan_model model{};
    model.name = from.name.c_str();
    model.gpu = from.gpu ? static_cast<std::int64_t>(*from.gpu) : SPILLWAY_UNKNOWN;
    model.max_safe_context = from.max_safe_context
                                 ? static_cast<std::int64_t>(*from.max_safe_context)
                                 : SPILLWAY_UNKNOWN;
    model.vram_peak = range(from.need.vram_peak + from.need.vram_overhead);
    model.ram_peak = range(from.need.ram_peak + from.need.ram_overhead);
    return code_of(write_struct(model, out));
  });
}

const char* spillway_fit_last_error(void) { return last_error(); }

}  // extern "C"
