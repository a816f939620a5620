#include "fit/plan/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace spillway::fit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNeighbours = 16;
constexpr std::array<std::string_view, 3> kModelFiles{".gguf", ".safetensors", ".onnx"};

Result<ModelFile> open(const ModelAsked& asked, const Surroundings& surroundings) {
  if (asked.parameters.empty()) return open_model(asked.model, surroundings);
  const auto parameters = parse_parameters(asked.parameters);
  if (!parameters) return tl::unexpected(parameters.error());
  const std::string word = asked.dtype.empty() ? "fp16" : asked.dtype;
  const auto dtype = find_tensor_type(word);
  if (!dtype) return fail(Errc::invalid, "is no type of numbers", word, "such as fp32, fp16, q4_k");
  return by_hand(asked.model, *parameters, *dtype);
}

std::string description(const Shape& shape) {
  std::string text = shape.architecture;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (shape.parameters > 0) {
    const auto count = static_cast<double>(shape.parameters);
    add(count >= 1e9 ? fmt::format("{:.3g} B parameters", count / 1e9)
                     : fmt::format("{:.3g} M parameters", count / 1e6));
  }
  if (shape.dtype_known) add(std::string(layout_of(shape.dtype).name));
  if (shape.trained_context > 0) add(fmt::format("trained for {} tokens", shape.trained_context));
  return text;
}

/// Files no larger than `most`, and folders, beside a model.
std::vector<std::string> neighbours(const fs::path& model, Bytes most) {
  std::vector<std::string> found;
  const fs::path itself = model.has_filename() ? model : model.parent_path();
  const fs::path folder = itself.has_parent_path() ? itself.parent_path() : fs::path(".");
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    const fs::path& beside = entry->path();
    if (fs::equivalent(beside, itself, ignored)) continue;
    const bool is_model = std::find(kModelFiles.begin(), kModelFiles.end(),
                                    beside.extension().string()) != kModelFiles.end();
    const bool is_small = is_model && entry->is_regular_file(ignored) &&
                          fs::file_size(beside, ignored) <= static_cast<std::uintmax_t>(most.count);
    if (is_small || fs::exists(beside / "config.json", ignored)) found.push_back(beside.string());
  }
  std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), kMostNeighbours));
  return found;
}

}  // namespace

Result<LoadedModel> load_model(const ModelAsked& asked, ComponentKind kind,
                               const Surroundings& surroundings) {
  const auto file = open(asked, surroundings);
  if (!file) return tl::unexpected(file.error());
  auto shape = shape_of(*file);
  if (!shape) return tl::unexpected(shape.error());
  LoadedModel loaded;
  loaded.path = file->path;
  loaded.description = description(*shape);
  loaded.notes = file->notes;
  loaded.notes.insert(loaded.notes.end(), shape->guesses.begin(), shape->guesses.end());
  loaded.to_plan.kind = kind == ComponentKind::other ? kind_of(*shape) : kind;
  loaded.to_plan.use = asked.use;
  loaded.to_plan.shape = std::move(*shape);
  return loaded;
}

std::vector<Shape> smaller_models(const LoadedModel& model, const std::vector<std::string>& named,
                                  const Surroundings& surroundings) {
  const Shape& large = model.to_plan.shape;
  std::vector<Shape> smaller;
  const auto add = [&](const std::string& path, bool any_family) {
    const auto file = open_model(path, surroundings);
    if (!file) return;
    auto shape = shape_of(*file);
    if (!shape || shape->weights >= large.weights) return;
    if (!any_family && shape->architecture != large.architecture) return;
    if (shape->name.empty() || shape->name == large.name) {
      shape->name = fs::path(path).filename().string();
    }
    smaller.push_back(std::move(*shape));
  };
  for (const std::string& path : named) add(path, true);
  const bool on_disk = large.format != FileFormat::by_hand && !large.architecture.empty();
  std::error_code ignored;
  if (named.empty() && on_disk && fs::exists(model.path, ignored)) {
    for (const std::string& path : neighbours(model.path, large.weights)) add(path, false);
  }
  std::stable_sort(smaller.begin(), smaller.end(),
                   [](const Shape& a, const Shape& b) { return a.weights > b.weights; });
  return smaller;
}

}  // namespace spillway::fit
