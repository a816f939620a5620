#include "fit/need/llama_placement.h"

#include <fmt/format.h>

#include <algorithm>

namespace spillway::fit {
namespace {

// Tensors that belong to no layer and are neither of the two matrices: norms, rope factors.
Amount others(const Shape& shape, Amount in_layers) {
  const Amount named = in_layers + Amount{shape.token_embedding} + Amount{shape.output} +
                       Amount{shape.encoder ? shape.encoder->weights : Bytes{}};
  const Amount all{shape.weights};
  return all > named ? Amount{all.count - named.count} : Amount{0};
}

const char* kept(bool mmap) {
  return mmap ? "; pages of the file, which the kernel can drop and read again" : "";
}

}  // namespace

LlamaPlacement llama_placement(const Shape& shape, const Use& use) {
  const std::uint64_t layers = shape.layers.size();
  const std::uint64_t wanted = use.on_cpu ? 0 : use.gpu_layers.value_or(layers + 1);
  return {.first_on_gpu = layers + 1 - std::min(wanted, layers + 1), .layers = layers};
}

void add_llama_weights(Sum& sum, const Shape& shape, const Use& use,
                       const LlamaPlacement& placement) {
  struct Place {
    Amount layers = 0, experts = 0;
    std::uint64_t count = 0;
  } gpu, host;
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    const Layer& layer = shape.layers[i];
    const Amount experts = std::min(Amount{layer.expert_weights}, Amount{layer.weights});
    Place& place = placement.of_layer(i) == Where::vram ? gpu : host;
    Place& of_experts = use.experts_on_cpu ? host : place;
    place.layers += Amount{layer.weights}.count - experts.count;
    of_experts.experts += experts;
    ++place.count;
  }
  const auto put = [&sum](Where where, std::string name, Amount bytes, std::string how) {
    sum.exact(PartKind::weights, where, std::move(name), bytes, std::move(how));
  };
  const char* on_host = kept(use.mmap);
  const Amount rest = others(shape, gpu.layers + gpu.experts + host.layers + host.experts);
  const Where output = placement.of_output();
  const std::string last = output == Where::vram ? "" : on_host;

  put(Where::vram, fmt::format("weights, {} layers", gpu.count), gpu.layers, "tensors as stored");
  put(Where::vram, "weights, experts", gpu.experts, "tensors as stored");
  put(Where::ram, fmt::format("weights, {} layers on the CPU", host.count), host.layers,
      fmt::format("tensors as stored{}", on_host));
  put(Where::ram, "weights, experts on the CPU", host.experts,
      fmt::format("tensors as stored{}", on_host));
  put(Where::ram, "token embedding", Amount{shape.token_embedding},
      fmt::format("llama.cpp keeps it on the CPU always{}", on_host));
  if (shape.tied && output == Where::vram) {
    put(Where::vram, "output", Amount{shape.token_embedding},
        "a second copy of the token embedding, which serves as output too");
  } else {
    put(output, "output", Amount{shape.output}, "as stored" + last);
  }
  put(output, "norms and other tensors", rest, "as stored, beside the output" + last);
  if (shape.encoder) {
    put(use.on_cpu ? Where::ram : Where::vram, "encoder", Amount{shape.encoder->weights},
        "tensors as stored");
  }
  const Amount stored{shape.weights}, aligned{shape.padded_weights};
  if (aligned > stored) {
    sum.exact(PartKind::overhead, placement.uses_gpu() ? Where::vram : Where::ram,
              "alignment of the tensors", aligned.count - stored.count,
              "each tensor padded to general.alignment");
  }
}

}  // namespace spillway::fit
