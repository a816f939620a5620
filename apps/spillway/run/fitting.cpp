#include "run/fitting.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "config/load.h"
#include "fit/choose/use_options.h"
#include "fit/learned/corrections_file.h"
#include "fit/plan/planner.h"
#include "plan/flags.h"
#include "plan/machine.h"
#include "run/adapt.h"

namespace spillway {
namespace {

using fit::ChangeKind;

const char* variable(const char* name) { return ::getenv(name); }

/// A change, and the option of fit::set_use() that makes it.
struct Way {
  ChangeKind change;
  std::string_view option;
};
constexpr Way kContext{ChangeKind::smaller_context, "context"};
constexpr Way kCache{ChangeKind::quantised_kv, "cache_type"};
constexpr Way kFused{ChangeKind::fused_attention, "attention"};
constexpr Way kPrecision{ChangeKind::lower_precision, "precision"};
constexpr Way kLayers{ChangeKind::layers_on_cpu, "gpu_layers"};
constexpr Way kHelper{ChangeKind::helper_on_cpu, "gpu_layers"};
constexpr Way kWhole{ChangeKind::whole_on_cpu, "gpu_layers"};

/// What a runtime runs models with, and how it can be told to need less.
struct Ability {
  std::string_view runtime;
  fit::Backend backend;
  std::vector<Way> ways;
};
const std::array<Ability, 4> kAbilities{{
    {"llama.cpp", fit::Backend::llama_cpp, {kContext, kCache, kFused, kLayers, kHelper, kWhole}},
    {"ollama", fit::Backend::llama_cpp, {kContext, kCache, kFused}},
    {"vllm", fit::Backend::vllm, {kContext, kPrecision}},
    {"transformers", fit::Backend::transformers, {}},
}};

const Ability* ability_of(std::optional<std::string_view> runtime) {
  const auto found = std::find_if(kAbilities.begin(), kAbilities.end(),
                                  [&](const Ability& known) { return known.runtime == runtime; });
  return found == kAbilities.end() ? nullptr : &*found;
}

class Fitting {
 public:
  Fitting(const Global& global, const Console& console, const FitOptions& options,
          std::vector<std::string> command)
      : global_(global),
        console_(console),
        options_(options),
        command_{std::move(command), variable},
        runtime_(runtime_of(command_.words)),
        ability_(ability_of(runtime_)) {}

  Answer<Fitted> run() {
    fit::Use use = options_.use;
    if (ability_ != nullptr) {
      if (!use.backend) use.backend = ability_->backend;
      auto said = read_settings(*runtime_, command_, use);
      if (!said) return failed(said);
      said_ = std::move(*said);
    }
    request_.possible = [this](ChangeKind change) { return is_possible(change); };
    if (const auto looked = look(); !looked) return tl::unexpected(looked.error());
    fit::ComponentAsked& asked = request_.components.emplace_back();
    asked.component.name = std::filesystem::path(options_.model).filename().string();
    asked.component.gpu = options_.gpu;
    asked.component.variants.emplace_back();
    asked.model = fit::ModelAsked{options_.model, {}, {}, use};
    const auto made = fit::make_plan(request_, fit::surroundings_from(variable));
    if (!made) return failed(made);
    if (const auto why = why_not(made->report)) return refused(*why);
    return adapted(*made);
  }

 private:
  /// What the runtime can be told, and the command does not say itself.
  bool is_possible(ChangeKind change) const {
    if (ability_ == nullptr) return false;
    return std::any_of(ability_->ways.begin(), ability_->ways.end(), [&](const Way& way) {
      return way.change == change &&
             std::find(said_.begin(), said_.end(), way.option) == said_.end();
    });
  }

  template <class T>
  static tl::unexpected<Failure> failed(const Result<T>& result) {
    const bool is_refused = result.error().code == Errc::refused;
    return tl::unexpected(
        Failure{is_refused ? ExitCode::refused : ExitCode::run_failed, result.error()});
  }
  tl::unexpected<Failure> refused(const std::string& why) const {
    return tl::unexpected(
        Failure{ExitCode::refused,
                {Errc::refused, why, options_.model, "spillway plan shows what would help"}});
  }

  Answer<void> look() {
    auto seen = look_at_machine(global_);
    if (!seen) return tl::unexpected(seen.error());
    request_.machine = std::move(seen->machine);
    request_.machine_source = std::move(seen->source);
    gpus_known_ = seen->gpus_known;
    if (!gpus_known_) {
      console_.tell(
          "only the daemon looks at GPUs: planned for RAM, the command places its layers");
    }
    request_.limits.policy =
        load_config(config_places(::getuid() != 0, variable)).config.policy.of({"vram:"});
    request_.limits.safe = options_.threshold.value_or(request_.limits.safe);
    request_.limits.reserve = options_.reserve.value_or(Bytes{});
    std::vector<Error> errors;
    request_.corrections =
        fit::read_corrections(fit::corrections_path(::getuid() == 0, variable), errors);
    for (const Error& error : errors) console_.tell(error);
    return {};
  }

  static std::optional<std::string> why_not(const fit::PlanReport& report) {
    const fit::Answer& answer = report.answer;
    if (answer.verdict != fit::Verdict::does_not_fit) return std::nullopt;
    const auto fullest = std::max_element(
        answer.asked.begin(), answer.asked.end(), [](const fit::Fill& a, const fit::Fill& b) {
          return (a.is_used() ? a.peak_share : 0) < (b.is_used() ? b.peak_share : 0);
        });
    return fmt::format(
        "does not fit, with nothing that this command can be told: {} would be "
        "at {} of {}, and is safe below {}",
        fullest->name, percent(fullest->peak_share), to_string(fullest->total),
        percent(report.limits.safe));
  }

  Answer<Fitted> adapted(const fit::FitPlan& made) {
    Fitted fitted;
    fitted.command = command_.words;
    if (!runtime_) {
      fitted.words.push_back("no runtime with known flags: run as it is, with the plan's figures");
    } else {
      auto told =
          adapt(*runtime_, made.paths[0], made.models[0].use, made.uses[0], gpus_known_, command_);
      if (!told) return failed(told);
      fitted.command = std::move(told->words);
      fitted.environment = std::move(told->environment);
      if (!told->added.empty()) fitted.words.push_back("added: " + told->added);
      if (*runtime_ == "transformers") tell_keywords(made, fitted);
    }
    for (const fit::Proposal& change : made.report.answer.changes) {
      fitted.words.push_back(fmt::format("{}: {}", change.subject, change.change.what));
    }
    place(made, fitted);
    if (runtime_) fitted.expected = expected(made);
    return fitted;
  }

  /// A program takes them in its text: nothing can be added to its command line.
  void tell_keywords(const fit::FitPlan& made, Fitted& fitted) const {
    const auto flags = flags_for(*runtime_, made.paths[0], made.uses[0]);
    if (flags) fitted.words.push_back("the program itself has to say: " + *flags);
  }

  std::optional<Expected> expected(const fit::FitPlan& made) const {
    const fit::Shape& shape = made.models[0].shape;
    const auto need = made.needs[0](shape, made.uses[0]);
    if (!need) return std::nullopt;
    const auto& gpu = made.report.answer.situation.placements[0].gpu;
    const bool in_vram = gpu && need->sum(fit::Where::vram).likely.count > 0;
    const fit::Where where = in_vram ? fit::Where::vram : fit::Where::ram;
    return Expected{shape, made.uses[0],
                    in_vram ? request_.machine.gpus[*gpu].device : std::string(fit::kRamDevice),
                    need->sum(where).likely};
  }

  void place(const fit::FitPlan& made, Fitted& fitted) const {
    const fit::Placement& placed = made.report.answer.situation.placements[0];
    const auto& gpus = request_.machine.gpus;
    const auto hold = [&](const PoolId& pool, const fit::Range& peak, const fit::Range& overhead) {
      const Bytes bytes = peak.likely + overhead.likely;
      if (bytes.count <= 0) return;
      fitted.holds.push_back({pool, bytes});
      fitted.words.push_back(fmt::format("takes {} of {}", to_string(bytes), pool.text));
    };
    if (placed.gpu) {
      const PoolId pool{gpus[*placed.gpu].device};
      hold(pool, placed.need.vram_peak, placed.need.vram_overhead);
      choose_card(pool.text, fitted);
    }
    hold(kRam, placed.need.ram_peak, placed.need.ram_overhead);
  }

  /// CUDA takes cards by their UUID (CUDA C++ Programming Guide, "CUDA Environment Variables").
  void choose_card(const std::string& pool, Fitted& fitted) const {
    constexpr std::string_view kNvidia = "vram:GPU-";
    constexpr const char* kVariable = "CUDA_VISIBLE_DEVICES";
    const bool is_one_of_several = request_.machine.gpus.size() > 1 && pool.starts_with(kNvidia);
    if (!is_one_of_several || variable(kVariable) != nullptr) return;
    fitted.environment.emplace_back(kVariable, pool.substr(std::string_view("vram:").size()));
    fitted.words.push_back(
        fmt::format("added: {}={}", kVariable, fitted.environment.back().second));
  }

  const Global& global_;
  const Console& console_;
  const FitOptions& options_;
  const Command command_;
  const std::optional<std::string_view> runtime_;
  const Ability* const ability_;
  fit::PlanRequest request_;
  std::vector<std::string_view> said_;  // options that the command says itself
  bool gpus_known_ = true;
};

}  // namespace

Answer<Fitted> fit_command(const Global& global, const Console& console, const FitOptions& options,
                           std::vector<std::string> command) {
  return Fitting(global, console, options, std::move(command)).run();
}

}  // namespace spillway
