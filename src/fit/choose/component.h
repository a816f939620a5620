#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fit/footprint.h"

namespace spillway::fit {

enum class ComponentKind : std::uint8_t {
  vad,
  wake_word,
  stt,
  intent,
  embeddings,
  tts,
  llm,
  vision,
  runtime,
  data,
  other,
};

/// always: in use all the time. idle: loaded, and could be unloaded. on_demand: loaded when asked for,
/// hence part of the peak and not of the baseline.
enum class Duty : std::uint8_t { always, idle, on_demand };

/// The ways to need less, the cheapest first: the order is the cost.
enum class ChangeKind : std::uint8_t {
  unload_idle,
  smaller_context,
  quantised_kv,
  fused_attention,
  lower_precision,
  layers_on_cpu,
  helper_on_cpu,
  smaller_model,
  another_gpu,
  whole_on_cpu,
};
inline constexpr std::size_t kChangeKinds = 10;

struct Change {
  ChangeKind kind = ChangeKind::unload_idle;
  std::string what;      // "fp16 instead of fp32", "context 4096 instead of 8192"
  int steps = 1;         // how far it goes: a quarter of the context is two halvings
  std::string latency;   // what it costs; empty: unknown
  std::string accuracy;  // the same
  friend bool operator==(const Change&, const Change&) = default;
};

/// What a component holds while it waits (idle) and while it works (peak), without the overhead of
/// its process, which is counted once for all that share it.
struct Need {
  Range vram_idle, vram_peak;
  Range ram_idle, ram_peak;
  Range vram_overhead, ram_overhead;

  bool on_gpu() const { return vram_peak.high.count > 0; }
};

/// One way to run a component: what differs from what was asked for, in order of cost.
struct Variant {
  std::vector<Change> changes;
  Need need;
};

/// A part of a stack.
struct Component {
  std::string name;
  ComponentKind kind = ComponentKind::other;
  int priority = 0;  // of two equal changes the component of lower priority gets it
  Duty duty = Duty::always;
  int order = 0;                   // loaded in this order, equal ones by name
  std::string process;             // those with the same share its overhead; empty: its own
  std::optional<std::size_t> gpu;  // where it was asked to run; elsewhere is a change
  std::vector<Variant> variants;   // the first is what was asked for
};

using Stack = std::vector<Component>;

}  // namespace spillway::fit
