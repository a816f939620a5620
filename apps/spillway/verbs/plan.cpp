#include "render/plan.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/text.h"
#include "calibrate/calibration.h"
#include "config/load.h"
#include "fit/catalogue/suggest.h"
#include "fit/choose/change.h"
#include "fit/learned/corrections_file.h"
#include "fit/plan/planner.h"
#include "fit/plan/report_json.h"
#include "plan/chart.h"
#include "plan/flags.h"
#include "plan/headroom.h"
#include "plan/machine.h"
#include "port/text_file.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

const char* variable(const char* name) { return ::getenv(name); }

Failure usage(Error error) { return {ExitCode::usage, std::move(error)}; }
Failure failure(const Error& error) { return {exit_code(error.code), error}; }

/// The last part of a path, a number behind it where it is there already.
std::string name_of(const std::string& model, std::map<std::string, int>& seen) {
  std::filesystem::path path(model);
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.has_filename() ? path.filename().string() : model;
  const int nth = ++seen[name];
  return nth == 1 ? name : fmt::format("{}#{}", name, nth);
}

class Planning {
 public:
  Planning(const Global& global, const PlanOptions& options)
      : global_(global), options_(options), console_(global) {}

  ExitCode run() {
    const auto done = options_.headroom.empty() ? plan() : headroom();
    return done ? console_.finish(*done) : tell(console_, done.error());
  }

 private:
  Answer<ExitCode> plan() {
    if (const auto read = read_components(); !read) return tl::unexpected(read.error());
    if (request_.components.empty() && options_.suggest.empty()) {
      return tl::unexpected(usage({Errc::invalid, "no model", "", "spillway plan MODEL..."}));
    }
    if (const auto looked = look(); !looked) return tl::unexpected(looked.error());
    if (!options_.suggest.empty()) return suggest();
    const fit::Surroundings surroundings = fit::surroundings_from(variable);
    std::optional<fit::Calibration> calibration;
    if (options_.calibrate) {
      auto learned = calibrate(global_, request_, surroundings, options_.command, learned_file());
      if (!learned) return tl::unexpected(learned.error());
      calibration = std::move(*learned);
    }
    request_.corrections = corrections();
    auto made = fit::make_plan(request_, surroundings);
    if (!made) return tl::unexpected(failure(made.error()));
    if (const auto drawn = draw(*made); !drawn) return tl::unexpected(drawn.error());
    if (!options_.print_flags.empty()) return print_flags(*made);
    fit::PlanReport& report = made->report;
    report.calibration = std::move(calibration);
    if (options_.json) {
      console_.print(fit::plan_document(report));
    } else {
      if (report.calibration) console_.print(calibration_line(*report.calibration));
      console_.print(plan_lines(report, console_.canvas()));
      if (options_.explain) console_.print(explain_lines(report, console_.canvas()));
    }
    return code_of(report.answer.verdict);
  }

  static std::string learned_file() { return fit::corrections_path(::getuid() == 0, variable); }

  fit::Corrections corrections() const {
    if (options_.no_corrections) return {};
    std::vector<Error> errors;
    fit::Corrections known = fit::read_corrections(learned_file(), errors);
    for (const Error& error : errors) console_.tell(error);
    return known;
  }

  static ExitCode code_of(fit::Verdict verdict) {
    constexpr std::array kCodes{ExitCode::ok, ExitCode::with_changes, ExitCode::refused};
    return kCodes[static_cast<std::size_t>(verdict)];
  }

  Answer<void> read_components() {
    std::map<std::string, int> seen;
    for (const std::string& model : options_.models) {
      if (model.ends_with(".toml")) {
        if (auto read = read_stack(model); !read) return read;
        continue;
      }
      add_model(model, name_of(model, seen));
    }
    if (options_.models.empty() && !options_.params.empty()) add_model("model", "model");
    for (fit::ComponentAsked& asked : request_.components) {
      if (options_.gpu && !asked.component.gpu) asked.component.gpu = *options_.gpu;
    }
    return {};
  }

  void add_model(const std::string& model, std::string name) {
    fit::ComponentAsked& asked = request_.components.emplace_back();
    asked.component.name = std::move(name);
    asked.component.variants.emplace_back();
    asked.model = fit::ModelAsked{model, options_.params, options_.dtype, options_.use};
  }

  Answer<void> read_stack(const std::string& file) {
    const auto text = read_text_file(file);
    if (!text) return tl::unexpected(failure(text.error()));
    auto stack = fit::parse_stack(*text, file);
    if (!stack) {
      for (std::size_t i = 1; i < stack.error().size(); ++i) console_.tell(stack.error()[i]);
      return tl::unexpected(usage(stack.error().front()));
    }
    for (fit::ComponentAsked& component : stack->components) {
      request_.components.push_back(std::move(component));
    }
    machine_ = std::move(stack->machine);
    return {};
  }

  /// What is measured, what the stack says in its place, and what the command line says.
  Answer<void> look() {
    if (options_.vram) machine_.gpus = {*options_.vram};
    if (options_.ram) machine_.ram = options_.ram;
    request_.machine_source = "given";
    LoadedConfig config = load_config(config_places(::getuid() != 0, variable));
    request_.limits.policy = config.config.policy.of({"vram:"});
    if (machine_.gpus.empty() || !machine_.ram) {
      auto seen = look_at_machine(global_);
      if (!seen) return tl::unexpected(seen.error());
      request_.machine = std::move(seen->machine);
      request_.machine_source = std::move(seen->source);
      if (!seen->gpus_known && machine_.gpus.empty()) {
        console_.tell("only the daemon looks at GPUs: say --vram BYTES, or " +
                      no_daemon_hint(global_));
      }
    }
    fit::say(request_.machine, machine_);
    request_.limits.safe =
        options_.threshold.value_or(machine_.threshold.value_or(request_.limits.safe));
    request_.limits.reserve = options_.reserve.value_or(machine_.reserve.value_or(Bytes{}));
    return {};
  }

  Answer<void> draw(const fit::FitPlan& made) {
    if (options_.svg.empty()) return {};
    const auto& asked = made.report.answer.asked;
    const fit::Fill& first = asked.size() > 1 ? asked.front() : asked.back();
    std::ofstream file(options_.svg, std::ios::trunc);
    file << plan_svg(chart_of(made.models, first.total, made.report.limits.safe, made.needs));
    file.close();
    if (file) return {};
    return tl::unexpected(failure(system_error(errno, options_.svg)));
  }

  Answer<ExitCode> print_flags(const fit::FitPlan& made) {
    for (std::size_t i = 0; i < made.models.size(); ++i) {
      const auto flags = flags_for(options_.print_flags, made.paths[i], made.uses[i]);
      if (!flags) return tl::unexpected(failure(flags.error()));
      console_.print(*flags);
    }
    return code_of(made.report.answer.verdict);
  }

  Answer<ExitCode> suggest() {
    std::vector<fit::ComponentKind> kinds;
    std::string_view rest = options_.suggest;
    while (const auto word = next_token(rest, ',')) {
      const auto kind = fit::find_component_kind(trimmed(*word));
      if (!kind) {
        return tl::unexpected(usage({Errc::invalid, "is no kind of model", std::string(*word),
                                     "vad, stt, intent, embeddings, tts, llm"}));
      }
      kinds.push_back(*kind);
    }
    std::vector<std::string> directories;
    for (const ConfigTree& tree : config_places(::getuid() != 0, variable).trees) {
      directories.push_back(tree.directory);
    }
    std::vector<Error> errors;
    const fit::Catalogue catalogue = fit::read_catalogue(directories, errors);
    for (const Error& error : errors) console_.tell(error);
    const fit::Suggestion suggestion =
        fit::suggest(kinds, catalogue, request_.machine, request_.limits,
                     {options_.max_latency_ms, options_.min_accuracy, options_.offline});
    if (options_.json) {
      console_.print(fit::suggest_document(suggestion));
    } else {
      console_.print(suggest_lines(suggestion, console_.canvas()));
    }
    return suggestion.stacks.empty() ? ExitCode::refused : ExitCode::ok;
  }

  Answer<ExitCode> headroom() {
    auto source = open_status(global_, false);
    if (!source) return tl::unexpected(source.error());
    const auto report = (*source)->look(true);
    if (!report) return tl::unexpected(report.error());
    const auto running = find_running(*report, options_.headroom);
    if (!running) return tl::unexpected(failure(running.error()));
    const auto path = model_path(*report);
    if (!path) return tl::unexpected(path.error());
    const auto model = fit::load_model({*path, options_.params, options_.dtype, options_.use},
                                       fit::ComponentKind::other, fit::surroundings_from(variable));
    if (!model) return tl::unexpected(failure(model.error()));
    const LoadedConfig config = load_config(config_places(::getuid() != 0, variable));
    // In VRAM its pool is the device; in RAM the use tells.
    const fit::ModelToPlan& to_plan = model->to_plan;
    const fit::Corrected needs =
        fit::corrected(corrections(), to_plan.shape, to_plan.use, running->pool.text);
    const auto left = tokens_left(to_plan, *running, config.config.policy, needs.footprint_of);
    if (!left) return tl::unexpected(failure(left.error()));
    console_.print(headroom_line(*running, *left));
    return ExitCode::ok;
  }

  std::string headroom_line(const Running& running,
                            const std::optional<std::uint64_t>& left) const {
    const std::string pool = printable(running.pool.text);
    if (!left) {
      return fmt::format(
          "{}: its cache was allocated when it started; more tokens take no more of {}",
          printable(running.name), pool);
    }
    return fmt::format("{}: {} more tokens until the warning level of {}", printable(running.name),
                       grouped(*left), pool);
  }

  /// The one that was named, else what the process was started with.
  Answer<std::string> model_path(const StatusReport& report) const {
    if (!options_.models.empty()) return options_.models.front();
    std::optional<std::uint64_t> pid = parse_u64(options_.headroom);
    for (const Tenant& tenant : report.tenants) {
      const bool meant = tenant.id.text == options_.headroom && tenant.process;
      if (meant) pid = static_cast<std::uint64_t>(tenant.process->pid);
    }
    if (pid) {
      std::ifstream file(fmt::format("/proc/{}/cmdline", *pid), std::ios::binary);
      const std::string words{std::istreambuf_iterator<char>(file), {}};
      if (const auto model = model_of_command(words)) return *model;
    }
    return tl::unexpected(usage({Errc::invalid, "which model it runs is not known",
                                 options_.headroom, "spillway plan --headroom WHO MODEL"}));
  }

  const Global& global_;
  const PlanOptions& options_;
  const Console console_;
  fit::PlanRequest request_;
  fit::MachineAsked machine_;
};

}  // namespace

ExitCode plan(const Global& global, const PlanOptions& options) {
  return Planning(global, options).run();
}

}  // namespace spillway
