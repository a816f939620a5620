#include "fit/choose/change.h"

#include <algorithm>
#include <array>

namespace spillway::fit {
namespace {

// Fused attention computes the same sums in another order, hence "none"; the others that say "none"
// change where numbers lie and not what they are.
constexpr std::array<ChangeRow, kChangeKinds> kChanges{{
    {ChangeKind::unload_idle, "unload_idle", "unload while idle", "", "none"},
    {ChangeKind::smaller_context, "smaller_context", "smaller context", "none", ""},
    {ChangeKind::quantised_kv, "quantised_kv", "quantised KV cache", "", ""},
    {ChangeKind::fused_attention, "fused_attention", "fused attention", "none", "none"},
    {ChangeKind::lower_precision, "lower_precision", "lower precision", "", ""},
    {ChangeKind::layers_on_cpu, "layers_on_cpu", "layers on the CPU", "", "none"},
    {ChangeKind::helper_on_cpu, "helper_on_cpu", "on the CPU", "", "none"},
    {ChangeKind::smaller_model, "smaller_model", "smaller model", "", ""},
    {ChangeKind::another_gpu, "another_gpu", "on another GPU", "none", "none"},
    {ChangeKind::whole_on_cpu, "whole_on_cpu", "wholly on the CPU", "", "none"},
}};

constexpr std::array<std::string_view, 11> kKinds{"vad",        "wake_word", "stt",  "intent",
                                                  "embeddings", "tts",       "llm",  "vision",
                                                  "runtime",    "data",      "other"};
constexpr std::array<std::string_view, 3> kDuties{"always", "idle", "on_demand"};

/// What is known of a change on one kind of component only.
struct KnownCost {
  ChangeKind change;
  ComponentKind kind;
  std::string_view what;  // how `what` begins; empty: whatever it is
  std::string_view latency, accuracy;
};
constexpr std::array<KnownCost, 2> kKnown{{
    {ChangeKind::helper_on_cpu, ComponentKind::vad, "", "about 5 ms", "none"},
    {ChangeKind::lower_precision, ComponentKind::stt, "fp16", "", "less than 1 % word error rate"},
}};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace

std::span<const ChangeRow> change_rows() { return kChanges; }
const ChangeRow& row_of(ChangeKind kind) { return kChanges[static_cast<std::size_t>(kind)]; }

std::optional<ChangeKind> find_change(std::string_view word) {
  for (const ChangeRow& row : kChanges) {
    if (row.word == word) return row.kind;
  }
  return std::nullopt;
}

Change change_of(ChangeKind kind, ComponentKind of, std::string what, int steps) {
  const ChangeRow& row = row_of(kind);
  Change change{kind, std::move(what), steps, std::string(row.latency), std::string(row.accuracy)};
  for (const KnownCost& known : kKnown) {
    if (known.change != kind || known.kind != of || !change.what.starts_with(known.what)) continue;
    change.latency = known.latency;
    change.accuracy = known.accuracy;
  }
  return change;
}

std::string_view name(ComponentKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<ComponentKind> find_component_kind(std::string_view word) {
  return find<ComponentKind>(kKinds, word);
}
bool is_helper(ComponentKind kind) {
  return kind == ComponentKind::vad || kind == ComponentKind::wake_word ||
         kind == ComponentKind::intent || kind == ComponentKind::embeddings;
}

std::string_view name(Duty duty) { return kDuties[static_cast<std::size_t>(duty)]; }
std::optional<Duty> find_duty(std::string_view word) { return find<Duty>(kDuties, word); }

}  // namespace spillway::fit
