#include "doctor/finding.h"

#include <array>

namespace spillway::doctor {
namespace {

constexpr std::array<std::string_view, 20> kKinds{
    "kernel-oom", "memcg-oom",   "oomd",    "earlyoom", "cuda-oom",     "hip",
    "xpu",        "mps",         "jax-oom", "tf-oom",   "ort-oom",      "sticky-cuda-error",
    "xid",        "vulkan",      "opencl",  "metal",    "host-refusal", "host-alloc",
    "kv-refusal", "vram-refusal"};

constexpr std::array<std::string_view, 6> kCauses{"unknown",       "overload", "burst",
                                                  "fragmentation", "limit",    "leak"};

template <class T>
void take(T& ours, const T& theirs) {
  if (!ours) ours = theirs;
}

void take(std::string& ours, const std::string& theirs) {
  if (ours.empty() && !theirs.empty()) ours = theirs;
}

template <class T>
void take(std::vector<T>& ours, const std::vector<T>& theirs) {
  if (ours.empty() && !theirs.empty()) ours = theirs;
}

}  // namespace

std::string_view name(Kind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }
std::string_view name(Cause cause) { return kCauses.at(static_cast<std::size_t>(cause)); }

std::optional<double> Stamp::since(const Stamp& earlier) const {
  if (line == Line::none || line != earlier.line) return std::nullopt;
  return seconds - earlier.seconds;
}

void complete(Finding& finding, const Finding& other) {
  if (finding.first.line == Stamp::Line::none) finding.first = other.first;
  take(finding.pool, other.pool);
  take(finding.requested, other.requested);
  take(finding.total, other.total);
  take(finding.free, other.free);
  take(finding.allocated, other.allocated);
  take(finding.reserved, other.reserved);
  take(finding.reserved_idle, other.reserved_idle);
  take(finding.limit, other.limit);
  take(finding.others, other.others);
  take(finding.swap_total, other.swap_total);
  take(finding.swap_free, other.swap_free);
  take(finding.cgroup, other.cgroup);
  take(finding.holders, other.holders);
  take(finding.gpu_holders, other.gpu_holders);
  take(finding.victim, other.victim);
  take(finding.recoverable, other.recoverable);
  complete(finding.workload, other.workload);
}

void complete(Workload& workload, const Workload& other) {
  take(workload.context_tokens, other.context_tokens);
  take(workload.tokens, other.tokens);
  take(workload.tokens_that_fit, other.tokens_that_fit);
  take(workload.token_limit, other.token_limit);
  take(workload.model, other.model);
  take(workload.layers, other.layers);
  take(workload.kv_heads, other.kv_heads);
  take(workload.key_dim, other.key_dim);
  take(workload.value_dim, other.value_dim);
  take(workload.gpu_layers, other.gpu_layers);
  take(workload.weights, other.weights);
  take(workload.cache, other.cache);
  take(workload.wanted, other.wanted);
  take(workload.freed_by_less, other.freed_by_less);
  take(workload.device_free, other.device_free);
  take(workload.host_free, other.host_free);
  take(workload.host_total, other.host_total);
}

}  // namespace spillway::doctor
