#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "doctor/finding.h"

namespace spillway::doctor {

/// One way in which a program says that memory ran out.
struct Format {
  std::string_view mark;  // in its first line; at least MarkSet::kShortest bytes
  std::size_t more;       // lines that may follow and belong to it
  /// Reads the message from the line of the mark on, lines separated by "\n". nullopt when it is
  /// something else after all. Fills what the text says; the caller adds time, evidence and, where
  /// `cause` is unknown and `because` empty, the verdict.
  std::optional<Finding> (*read)(std::string_view text);
  std::string_view printed_by;  // the upstream file
};

// One table per source, in the order in which they are tried. All of a line's formats with a mark in it
// are; the first that reads it counts.
std::span<const Format> torch_formats();
std::span<const Format> tensorflow_formats();  // and JAX: both have XLA's allocator
std::span<const Format> onnxruntime_formats();
std::span<const Format> ggml_formats();
std::span<const Format> ollama_formats();
std::span<const Format> vllm_formats();
std::span<const Format> cuda_formats();  // cuBLAS, cuDNN, ctranslate2, lost contexts: any program's
std::span<const Format> host_formats();

/// "cuda:1".
std::string numbered(std::string_view device, std::int64_t number);
/// A finding with `kind` and `pool`.
Finding found(Kind kind, std::string pool = {});

}  // namespace spillway::doctor
