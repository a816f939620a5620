#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spillway/fit.h"
#include "spillway/types.hpp"

/// What a model will need and whether a set of models fits, before anything is loaded: header-only over
/// fit.h; link libspillway-fit. What fails throws spillway::Error with the file and what to do.
namespace spillway {
inline namespace v0 {

/// Bytes with their bounds; all three the same where the figure is exact.
struct Range {
  Bytes low, likely, high;
};

/// What one model needs at its peak; see spillway_footprint in fit.h.
struct Footprint {
  Range weights, kv, compute, overhead, peak;  // in VRAM
  Range ram_weights, ram_peak;                 // in RAM
};

/// A model of a stack: a file, folder or name, and how it is run.
struct FitModel {
  std::string name;
  std::string model;
  std::string options;            // "context=8192 cache_type=q8_0", as for footprint()
  std::string duty = "always";    // or idle, on_demand
  int priority = 0;               // the lower ones are changed first
  std::string process;            // those with the same share its overhead
  std::optional<unsigned> gpu{};  // where it is wanted; elsewhere is a change
};

/// What there is.
struct FitMachine {
  std::vector<Bytes> gpus;
  Bytes ram;
  Bytes reserve;           // kept free on each GPU
  double threshold = 0.7;  // safe below
};

enum class Verdict {
  fits = SPILLWAY_FITS,
  fits_with_changes = SPILLWAY_FITS_WITH_CHANGES,
  does_not_fit = SPILLWAY_DOES_NOT_FIT
};

struct FitChange {
  std::string model, kind, what, pool;
  Bytes saves;
  double peak_share = 0;
};

struct PlannedModel {
  std::string name;
  std::optional<unsigned> gpu;  // none: on the CPU or not loaded
  std::optional<std::uint64_t> max_safe_context;
  Range vram_peak, ram_peak;
};

struct FitPlan {
  Verdict verdict = Verdict::fits;
  std::vector<FitChange> changes;  // all are needed
  std::vector<PlannedModel> models;
  std::string json;  // "spillway.plan/1"
};

namespace detail {

inline int fit_check(int code) {
  if (code < 0) throw Error(code, spillway_fit_last_error());
  return code;
}

inline Range range(const spillway_range& raw) {
  return {Bytes(raw.low), Bytes(raw.likely), Bytes(raw.high)};
}

/// A TOML basic string.
inline std::string quoted(const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

inline std::string amount(Bytes bytes) { return '"' + std::to_string(bytes.count) + '"'; }

/// "0.700000" whatever the program's locale.
inline std::string decimal(double share) {
  constexpr long kOne = 1'000'000;
  const long millionths = std::lround(std::clamp(share, 0.0, 1.0) * kOne);
  return std::to_string(millionths / kOne) + '.' +
         std::to_string(kOne + millionths % kOne).substr(1);
}

inline std::string toml(const std::vector<FitModel>& models, const FitMachine& machine) {
  std::string text = "[machine]\nram = " + amount(machine.ram) +
                     "\nreserve = " + amount(machine.reserve) +
                     "\nthreshold = " + decimal(machine.threshold) + "\ngpus = [";
  for (const Bytes gpu : machine.gpus) text += amount(gpu) + ", ";
  text += "]\n";
  for (const FitModel& model : models) {
    text += "[[component]]\nname = " + quoted(model.name) + "\nmodel = " + quoted(model.model) +
            "\nduty = " + quoted(model.duty) + "\npriority = " + std::to_string(model.priority) +
            "\n";
    if (!model.process.empty()) text += "process = " + quoted(model.process) + "\n";
    if (model.gpu) text += "gpu = " + std::to_string(*model.gpu) + "\n";
    // "a=b c=d" becomes a line each; what is no pair is left for the library to complain about.
    std::size_t at = 0;
    while ((at = model.options.find_first_not_of(' ', at)) != std::string::npos) {
      const std::size_t end = std::min(model.options.find(' ', at), model.options.size());
      const std::string word = model.options.substr(at, end - at);
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) throw Error(SPILLWAY_E_INVALID, word + ": name=value");
      text += quoted(word.substr(0, equals)) + " = " + quoted(word.substr(equals + 1)) + "\n";
      at = end;
    }
  }
  return text;
}

}  // namespace detail

/// What running `model` needs. `options` as for spillway_fit_footprint.
inline Footprint footprint(const std::string& model, const std::string& options = {}) {
  spillway_footprint raw = SPILLWAY_FOOTPRINT_INIT;
  detail::fit_check(spillway_fit_footprint(model.c_str(), options.c_str(), &raw));
  using detail::range;
  return {range(raw.weights), range(raw.kv),          range(raw.compute), range(raw.overhead),
          range(raw.peak),    range(raw.ram_weights), range(raw.ram_peak)};
}

/// Whether a stack file's text fits the machine that it describes.
inline FitPlan fit(const std::string& stack, const std::string& folder = {}) {
  spillway_plan* raw = nullptr;
  const int verdict = detail::fit_check(
      spillway_fit_plan(stack.c_str(), folder.empty() ? nullptr : folder.c_str(), &raw));
  const std::unique_ptr<spillway_plan, void (*)(spillway_plan*)> plan(raw, spillway_plan_release);
  FitPlan out;
  out.verdict = static_cast<Verdict>(verdict);
  out.json = spillway_plan_json(raw);
  for (std::size_t i = 0; i < spillway_plan_changes(raw); ++i) {
    spillway_plan_change each = SPILLWAY_PLAN_CHANGE_INIT;
    detail::fit_check(spillway_plan_get_change(raw, i, &each));
    out.changes.push_back(
        {each.model, each.kind, each.what, each.pool, Bytes(each.saves_bytes), each.peak_share});
  }
  for (std::size_t i = 0; i < spillway_plan_models(raw); ++i) {
    spillway_plan_model each = SPILLWAY_PLAN_MODEL_INIT;
    detail::fit_check(spillway_plan_get_model(raw, i, &each));
    PlannedModel model{
        each.name, {}, {}, detail::range(each.vram_peak), detail::range(each.ram_peak)};
    if (each.gpu >= 0) model.gpu = static_cast<unsigned>(each.gpu);
    if (each.max_safe_context >= 0) {
      model.max_safe_context = static_cast<std::uint64_t>(each.max_safe_context);
    }
    out.models.push_back(std::move(model));
  }
  return out;
}

/// Whether these models fit that machine.
inline FitPlan fit(const std::vector<FitModel>& models, const FitMachine& machine) {
  return fit(detail::toml(models, machine));
}

}  // namespace v0
}  // namespace spillway
