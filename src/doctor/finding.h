#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace spillway::doctor {

/// What said that memory ran out, or that a device was lost. The names are those of docs/explain.md.
enum class Kind {
  kernel_oom,
  memcg_oom,
  oomd,
  earlyoom,
  cuda_oom,
  hip,
  xpu,
  mps,
  jax_oom,
  tf_oom,
  ort_oom,
  sticky_cuda_error,
  xid,
  vulkan,
  opencl,
  metal,
  host_refusal,
  host_alloc,
  kv_refusal,
  vram_refusal,
};
std::string_view name(Kind kind);

/// Why it ran out, as far as the text supports it.
enum class Cause {
  unknown,
  overload,       // a small request or a planned load on a full device
  burst,          // one request that is large beside the device, and larger than what was free
  fragmentation,  // the allocator held enough idle memory and could not use it
  limit,          // a configured wall: cgroup, memory fraction, NUMA policy
  leak,           // the text itself shows that memory was kept
};
std::string_view name(Cause cause);

/// When a line was written, as far as it says so.
struct Stamp {
  /// Seconds on the time line `line`: since 1970 (wall), since boot, or since January 1st of a year
  /// that is not told (syslog). Only stamps of one time line can be compared.
  enum class Line { none, wall, boot, yearless } line = Line::none;
  double seconds = 0;
  std::string text;  // as printed

  /// Seconds from `earlier` to this; nullopt across time lines.
  std::optional<double> since(const Stamp& earlier) const;
};

struct Victim {
  std::string name;  // a process, or the unit that systemd-oomd killed
  std::optional<std::int64_t> pid;
  std::optional<Bytes> anon_rss;
};

struct Holder {
  std::string name;
  std::int64_t pid = 0;
  Bytes rss;
};

/// A line that says what the finding says.
struct Evidence {
  std::string file;        // filled in where it is kept
  std::uint64_t line = 0;  // from 1
  std::string text;        // as it is until Explainer::finish() masks it (explain/mask.h)
};

struct Advice {
  std::string what;
  /// Bytes that it would free, from a predictor or from the log's own words; never a guess.
  std::optional<Bytes> effect;
  std::string source;  // of the effect: "log", "fit"
};

/// What a model server said about what it was loading or running, as of the finding.
struct Workload {
  std::optional<std::int64_t> context_tokens;  // what it was set up for
  std::optional<std::int64_t> tokens;          // in use, or asked for
  std::optional<std::int64_t> tokens_that_fit;
  std::optional<std::int64_t> token_limit;  // at which the model alone fills the device, by a predictor
  std::string model;                        // a path or a name, as the server says it
  std::optional<std::int64_t> layers, kv_heads, key_dim, value_dim;  // of its attention
  std::optional<std::int64_t> gpu_layers;
  std::optional<Bytes> weights, cache;  // on the device
  std::optional<Bytes> wanted;          // what the whole plan would take there
  std::optional<Bytes> freed_by_less;   // what the server says a shorter context would free
  std::optional<Bytes> device_free, host_free, host_total;
  bool operator==(const Workload&) const = default;
  bool empty() const { return *this == Workload(); }
};

/// Adds what `other` says and `workload` does not.
void complete(Workload& workload, const Workload& other);

/// One thing that happened. What the text does not say is absent.
struct Finding {
  Kind kind = Kind::cuda_oom;
  Stamp first, last;
  std::string pool;  // "ram", "cgroup", "cuda:0", "mps"; empty: not told
  std::optional<Bytes> requested, total, free, allocated, reserved, reserved_idle;
  std::optional<Bytes> limit;   // a wall below the total
  std::optional<Bytes> others;  // held by other programs on the device, or unaccounted in RAM
  std::optional<Bytes> swap_total, swap_free;
  std::string cgroup;               // that reached its limit
  std::optional<Victim> victim;     // of the first kill
  std::vector<Victim> collateral;   // of the later ones
  std::vector<Holder> holders;      // biggest first, at most three
  std::vector<Holder> gpu_holders;  // as the error names them: no names, pids only
  Cause cause = Cause::unknown;
  std::string because;
  std::optional<bool> recoverable;
  std::string before;  // the program's last line before the first error
  Workload workload;
  std::vector<Evidence> evidence;
  std::vector<Advice> advice;
  std::vector<std::string> followed;  // the cascade: what came of it, in words

  std::uint64_t count = 1;  // of a storm
  /// Of a storm's errors that tell what was allocated: the least and the most.
  std::optional<Bytes> least_allocated, most_allocated, last_allocated;
  bool only_grew = true;
  std::uint64_t last_line = 0;
  /// Says little by itself: near another finding of the same kind of memory it is that one's echo.
  bool echo = false;
  bool exact = false;  // `requested` is to the byte
};

/// Adds what `other` says and `finding` does not.
void complete(Finding& finding, const Finding& other);

}  // namespace spillway::doctor
