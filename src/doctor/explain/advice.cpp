#include "doctor/explain/advice.h"

#include <fmt/format.h>

#include <array>

namespace spillway::doctor {
namespace {

using Measure = Predictor::Measure;

struct Row {
  std::optional<Kind> kind;    // any
  std::optional<Cause> cause;  // any
  std::string_view what;
  std::optional<Measure> measure = {};
  bool only_with_effect = false;  // nothing to be said where nobody knows
};

constexpr std::array kRows{
    Row{Kind::cuda_oom, Cause::fragmentation,
        "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True (or max_split_size_mb), and "
        "empty the cache between phases"},
    Row{Kind::hip, Cause::fragmentation, "PYTORCH_HIP_ALLOC_CONF=expandable_segments:True"},
    Row{Kind::tf_oom,
        {},
        "a smaller batch; memory growth only helps when other programs share the card",
        Measure::smaller_batch},
    Row{Kind::jax_oom,
        {},
        "split the computation (smaller batch, jax.lax.map, rematerialisation)",
        Measure::smaller_batch},
    Row{Kind::ort_oom, Cause::limit, "raise gpu_mem_limit of the execution provider"},
    Row{Kind::ort_oom,
        {},
        "a fixed, smaller batch; arena_extend_strategy=kSameAsRequested",
        Measure::smaller_batch},
    Row{Kind::kv_refusal,
        {},
        "a smaller max_model_len, or a quantised KV cache",
        Measure::shorter_context},
    Row{Kind::kv_refusal, {}, "a quantised KV cache", Measure::quantised_cache},
    Row{Kind::vram_refusal,
        {},
        "stop or move what holds the device, or lower gpu_memory_utilization"},
    Row{Kind::host_refusal,
        {},
        "a smaller model or quantisation, or swap that could hold what is rarely used"},
    Row{Kind::host_alloc, Cause::burst, "do it in parts: one array of this size was asked for"},
    Row{Kind::mps, Cause::burst, "tile the step that asked for it (a tiled VAE decode)"},
    Row{Kind::sticky_cuda_error,
        {},
        "restart the process; CUDA_LAUNCH_BLOCKING=1 shows which call it was"},
    Row{Kind::xid,
        {},
        "restart the program; the same number on other programs too points to the card or the "
        "driver"},
    Row{Kind::memcg_oom,
        {},
        "raise the cgroup's limit or lower what runs in it; spillway run promises memory first"},
    Row{Kind::oomd,
        {},
        "ManagedOOMPreference=avoid for what must live; the pressure came from reclaim, not from "
        "its size"},
    Row{Kind::earlyoom,
        {},
        "spillway gives memory back before the threshold; earlyoom's --avoid protects by name"},
    Row{Kind::kernel_oom,
        {},
        "a limit for the biggest holder (MemoryHigh/MemoryMax), and a lower oom_score_adj for what "
        "must live"},
    Row{{}, Cause::burst, "tile or split the step that asked for it", Measure::smaller_batch},
    Row{{}, Cause::overload, "half precision or a smaller quantisation", Measure::half_precision},
    Row{{}, Cause::overload, "a smaller model", Measure::smaller_model, true},
    Row{{}, Cause::overload, "a shorter context", Measure::shorter_context},
    Row{{}, Cause::overload, "a quantised KV cache", Measure::quantised_cache, true},
    Row{{}, Cause::overload, "fewer layers on the device", Measure::fewer_layers},
    Row{{},
        Cause::leak,
        "restart it when idle until the leak is found; what grows is in the figures above"},
};

bool is_killer(Kind kind) {
  return kind == Kind::kernel_oom || kind == Kind::memcg_oom || kind == Kind::earlyoom ||
         kind == Kind::oomd || kind == Kind::host_refusal;
}

}  // namespace

void advise(Finding& finding, Predictor* predictor) {
  Workload& load = finding.workload;
  if (load.tokens_that_fit) {
    finding.advice.push_back(
        {fmt::format("a context of {} tokens instead of {}", *load.tokens_that_fit,
                     load.tokens           ? fmt::format("{}", *load.tokens)
                     : load.context_tokens ? fmt::format("{}", *load.context_tokens)
                                           : std::string("more")),
         load.freed_by_less, load.freed_by_less ? "log" : ""});
  }
  if (predictor != nullptr) load.token_limit = predictor->token_limit(finding);
  if (load.tokens && load.token_limit && *load.tokens < *load.token_limit - *load.token_limit / 5) {
    finding.because += fmt::format(
        "; {} tokens are well below the {} at which the model alone would fill the device: "
        "something else had a part",
        *load.tokens, *load.token_limit);
  }
  for (const Row& row : kRows) {
    if (row.kind && *row.kind != finding.kind) continue;
    if (row.cause && *row.cause != finding.cause) continue;
    if (!row.kind && is_killer(finding.kind)) continue;
    const bool shorter = row.measure == Measure::shorter_context;
    if (shorter && load.tokens_that_fit) continue;  // said above, with its figure
    if (shorter && !row.kind && !load.context_tokens && !load.tokens)
      continue;  // nothing says there is a context
    const auto effect = row.measure && predictor != nullptr
                            ? predictor->effect(finding, *row.measure)
                            : std::nullopt;
    if (row.only_with_effect && !effect) continue;
    if (!effect) {
      finding.advice.push_back({std::string(row.what), {}, {}});
      continue;
    }
    finding.advice.push_back(
        {effect->what.empty() ? std::string(row.what) : effect->what, effect->freed, "fit"});
  }
}

}  // namespace spillway::doctor
