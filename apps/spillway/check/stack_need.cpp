#include "check/stack_need.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "config/load.h"
#include "fit/learned/corrections_file.h"
#include "fit/plan/planner.h"
#include "plan/machine.h"
#include "port/text_file.h"

namespace spillway {
namespace {

const char* variable(const char* name) { return ::getenv(name); }

tl::unexpected<Failure> failed(const Error& error) {
  return tl::unexpected(Failure{exit_code(error.code), error});
}

Answer<void> add(const std::string& model, fit::PlanRequest& request) {
  if (!model.ends_with(".toml")) {
    fit::ComponentAsked& asked = request.components.emplace_back();
    asked.component.name = std::filesystem::path(model).filename().string();
    asked.component.variants.emplace_back();
    asked.model = fit::ModelAsked{model, {}, {}, {}};
    return {};
  }
  const auto text = read_text_file(model);
  if (!text) return failed(text.error());
  auto stack = fit::parse_stack(*text, model);
  if (!stack) return failed(stack.error().front());
  for (fit::ComponentAsked& component : stack->components) {
    request.components.push_back(std::move(component));
  }
  fit::say(request.machine, stack->machine);
  if (stack->machine.threshold) request.limits.safe = *stack->machine.threshold;
  if (stack->machine.reserve) request.limits.reserve = *stack->machine.reserve;
  return {};
}

doctor::StackNeed need_of(const fit::PlanRequest& request, const fit::PlanReport& plan) {
  using Verdict = doctor::StackNeed::Verdict;
  constexpr Verdict kVerdicts[]{Verdict::fits, Verdict::fits_with_changes, Verdict::does_not_fit};
  doctor::StackNeed need;
  need.verdict = kVerdicts[static_cast<std::size_t>(plan.answer.verdict)];
  const auto& gpus = request.machine.gpus;
  for (std::size_t i = 0; i < plan.answer.asked.size(); ++i) {
    const fit::Fill& fill = plan.answer.asked[i];  // a row per GPU, then RAM
    if (!fill.is_used()) continue;
    const PoolId pool =
        i < gpus.size() ? PoolId{gpus[i].device.empty() ? "vram" : gpus[i].device} : kRam;
    need.memories.push_back({pool, fill.name, fill.peak.likely, fill.total - fill.others,
                             scaled(fill.total, plan.limits.safe) - fill.others});
  }
  for (const fit::Proposal& change : plan.answer.changes) {
    need.changes.push_back(fmt::format("{}: {}", change.subject, change.change.what));
  }
  return need;
}

}  // namespace

Answer<doctor::StackNeed> stack_need(const std::vector<std::string>& models,
                                     const StatusReport& report) {
  fit::PlanRequest request;
  request.machine = machine_of(report);
  request.machine_source = report.source;
  request.limits.policy =
      load_config(config_places(::getuid() != 0, variable)).config.policy.of({"vram:"});
  for (const std::string& model : models) {
    if (const auto added = add(model, request); !added) return tl::unexpected(added.error());
  }
  std::vector<Error> unread;
  request.corrections =
      fit::read_corrections(fit::corrections_path(::getuid() == 0, variable), unread);
  const auto made = fit::make_plan(request, fit::surroundings_from(variable));
  if (!made) return failed(made.error());
  return need_of(request, made->report);
}

}  // namespace spillway
