#include "fit/learned/corrections.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "fit/choose/use_options.h"
#include "fit/choose/ways.h"

namespace spillway::fit {
namespace {

std::string model_of(const Shape& shape) {
  return fmt::format("{:.64} {} {} {}", shape.architecture.empty() ? "?" : shape.architecture,
                     shape.parameters, shape.weights.count, layout_of(shape.dtype).name);
}

std::string runtime_of(const Shape& shape, const Use& use) {
  std::string text(name(backend_of(shape, use)));
  if (use.llama_cpp_build > 0) text += fmt::format(" b{}", use.llama_cpp_build);
  return text;
}

/// All of Use that is no length: what a run may differ in is left out.
std::string text_of(const Use& use) {
  std::string text(name(use.attention));
  if (use.precision) text += fmt::format(" in {}", layout_of(*use.precision).name);
  text += fmt::format(" cache {}/{}{}", layout_of(use.cache_k).name, layout_of(use.cache_v).name,
                      use.cache_type_given ? "" : "?");
  text += fmt::format(" slots {} batch {} micro-batch {}", use.slots, use.batch, use.micro_batch);
  if (use.gpu_layers) text += fmt::format(" gpu-layers {}", *use.gpu_layers);
  if (use.images > 0) text += fmt::format(" images {}", use.images);
  if (use.vllm_fraction) text += fmt::format(" share {:.3f}", *use.vllm_fraction);
  const std::pair<bool, const char*> flags[] = {{use.logits == Logits::all, " all-logits"},
                                                {!use.unified_cache, " cache-per-slot"},
                                                {use.swa_full, " swa-full"},
                                                {use.experts_on_cpu, " experts-on-cpu"},
                                                {!use.mmap, " no-mmap"},
                                                {use.cuda_graphs, " graphs"}};
  for (const auto& [is_set, word] : flags) {
    if (is_set) text += word;
  }
  return text;
}

bool is_plausible(Bytes one, Bytes other) {
  const double share = ratio(one, other);
  return share >= Correction::kLeastScale && share <= Correction::kMostScale;
}

Where where_of(std::string_view device) { return device == kRamDevice ? Where::ram : Where::vram; }

/// Nothing where that would be absurd. Of a way that takes nothing where it was measured, nothing was
/// learned.
std::optional<Footprint> followed(const Lesson& lesson, const Footprint& plain) {
  const Where where = lesson.correction.where;
  const Bytes formulas = plain.sum(where).likely;
  if (formulas.count <= 0) return plain;
  Footprint footprint = apply(lesson.correction, plain);
  if (!is_plausible(footprint.sum(where).likely, formulas)) return std::nullopt;
  return footprint;
}

/// Where a run would be measured.
std::string_view device_of(const Footprint& footprint, std::string_view gpu) {
  return footprint.sum(Where::vram).likely.count > 0 ? gpu : kRamDevice;
}

}  // namespace

CorrectionKey key_of(const Shape& shape, const Use& use, std::string_view device) {
  return {model_of(shape), std::string(device), runtime_of(shape, use), text_of(use)};
}

Result<Lesson> lesson_of(const Shape& shape, const Use& use, std::string_view device, Bytes peak,
                         WallTime at) {
  const auto predicted = footprint_of(shape, use);
  if (!predicted) return tl::unexpected(predicted.error());
  const Where where = where_of(device);
  const Bytes likely = predicted->sum(where).likely;
  if (!is_plausible(peak, likely)) {
    return fail(Errc::invalid,
                fmt::format("{} were measured where {} were expected: that was not this model",
                            to_string(peak), to_string(likely)),
                shape.name);
  }
  return Lesson{key_of(shape, use, device), learn(*predicted, {.where = where, .peak = peak}),
                likely, peak, at};
}

void Corrections::add(Lesson lesson) {
  std::erase_if(lessons_, [&](const Lesson& older) { return older.key == lesson.key; });
  if (lessons_.size() == kMost) lessons_.erase(lessons_.begin());
  lessons_.push_back(std::move(lesson));
}

const Lesson* Corrections::find(const CorrectionKey& key) const {
  const auto found = std::find_if(lessons_.begin(), lessons_.end(),
                                  [&](const Lesson& lesson) { return lesson.key == key; });
  return found == lessons_.end() ? nullptr : &*found;
}

Corrected corrected(const Corrections& known, const Shape& shape, const Use& asked,
                    std::string_view gpu) {
  const auto footprint = footprint_of(shape, asked);
  if (!footprint || known.lessons().empty()) return {footprint_of, {}, {}};
  const std::string_view device = device_of(*footprint, gpu);
  const Lesson* lesson = known.find(key_of(shape, asked, device));
  Corrected result;
  if (lesson != nullptr && followed(*lesson, *footprint)) result.lesson = *lesson;
  if (lesson != nullptr && !result.lesson) {
    result.warning = fmt::format("what was learned on {:.10} is not followed: it is absurd",
                                 to_rfc3339(lesson->at));
  }
  result.footprint_of = [known = std::make_shared<const Corrections>(known), of = model_of(shape),
                         asked = result.lesson,
                         gpu = std::string(gpu)](const Shape& other, const Use& use) {
    auto plain = footprint_of(other, use);
    if (!plain) return plain;
    const std::string_view there = device_of(*plain, gpu);
    const Lesson* best = known->find(key_of(other, use, there));
    if (best == nullptr && asked && model_of(other) == of && asked->key.device == there) {
      best = &*asked;
    }
    if (best == nullptr) return plain;
    auto corrected = followed(*best, *plain);
    return corrected ? Result<Footprint>(std::move(*corrected)) : plain;
  };
  return result;
}

}  // namespace spillway::fit
