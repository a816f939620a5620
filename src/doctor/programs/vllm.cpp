#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

Finding refused(Kind kind, std::string pool) {
  Finding finding = found(kind, std::move(pool));
  finding.cause = Cause::overload;
  finding.recoverable = true;
  return finding;
}

/// "To serve at least one request with the models's max seq len (196608), (11.62 GiB KV cache is needed, which is
/// larger than the available KV cache memory (9.38 GiB). Based on the available memory, the estimated maximum model
/// length is 158560."
std::optional<Finding> read_one_request(std::string_view text) {
  Finding finding = refused(Kind::kv_refusal, "cuda:0");
  finding.requested = rounded(amount_before(text, " KV cache is needed"));
  finding.free = rounded(amount_after(text, "available KV cache memory ("));
  finding.workload.tokens = integer_after(text, "max seq len (");
  finding.workload.tokens_that_fit = integer_after(text, "estimated maximum model length is ");
  if (const auto needed = finding.requested; needed && finding.free)
    finding.workload.freed_by_less = *needed - *finding.free;
  finding.because = "the KV cache of one request of full length is larger than what is left for it";
  return finding;
}

std::optional<Finding> read_tokens(std::string_view text) {
  Finding finding = refused(Kind::kv_refusal, "");
  finding.workload.tokens = integer_after(text, "max seq len (");
  finding.workload.tokens_that_fit = integer_after(text, "stored in KV cache (");
  finding.because = "a request of full length has more tokens than the KV cache holds";
  return finding;
}

std::optional<Finding> read_no_blocks(std::string_view) {
  Finding finding = refused(Kind::kv_refusal, "");
  finding.because = "weights and activations leave nothing for the KV cache";
  return finding;
}

/// sglang python/sglang/srt/model_executor/model_runner.py
std::optional<Finding> read_fraction(std::string_view) {
  Finding finding = refused(Kind::kv_refusal, "");
  finding.because = "the weights leave too little of the server's share for the KV cache";
  return finding;
}

/// "Free memory on device cuda:0 (7.34/15.49 GiB) on startup is less than desired GPU memory utilization
/// (0.8, 12.39 GiB)."
std::optional<Finding> read_startup(std::string_view text) {
  const auto rest = after(text, "Free memory on device");
  const auto pair = rest ? between(*rest, "(", ")") : std::nullopt;
  if (!pair) return std::nullopt;
  const auto device = integer_after(before(*rest, "("), "cuda:");
  Finding finding = refused(Kind::vram_refusal, numbered("cuda", device.value_or(0)));
  const auto total = amount_after(*pair, "/");
  const auto free = leading_decimal(*pair);
  const auto count = leading_decimal(after(*pair, "/").value_or(""));
  finding.total = rounded(total);
  // The unit stands behind the second figure and is meant for both.
  if (total && free && count && *count > 0) finding.free = rounded(*free * (*total / *count));
  if (const auto wanted = after(text, "utilization ("))
    finding.requested = rounded(amount_after(*wanted, ", "));
  finding.because = "other programs hold the rest of the device";
  return finding;
}

constexpr std::string_view kUtils = "vllm vllm/v1/core/kv_cache_utils.py";
constexpr std::array kFormats{
    Format{" KV cache is needed, which is larger than", 1, read_one_request, kUtils},
    Format{"tokens that can be stored in KV cache (", 1, read_tokens, "vllm vllm/worker/worker.py"},
    Format{"No available memory for the cache blocks", 0, read_no_blocks, kUtils},
    Format{"increase --mem-fraction-static", 0, read_fraction,
           "sglang model_executor/model_runner.py"},
    Format{" on startup is less than desired GPU memory", 1, read_startup,
           "vllm vllm/v1/worker/gpu_worker.py"},
};

}  // namespace

std::span<const Format> vllm_formats() { return kFormats; }

}  // namespace spillway::doctor
