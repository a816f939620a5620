#include "plan/chart.h"

#include <algorithm>
#include <array>

namespace spillway {
namespace {

using fit::PartKind;
using fit::Where;

constexpr std::array<std::pair<const char*, PartKind>, 4> kParts{
    {{"weights", PartKind::weights},
     {"KV cache", PartKind::kv},
     {"compute", PartKind::compute},
     {"overhead", PartKind::overhead}}};
constexpr std::uint64_t kFirst = 512;
constexpr std::size_t kMostBars = 12;

std::vector<std::uint64_t> contexts(const std::vector<fit::ModelToPlan>& models) {
  std::uint64_t most = kFirst;
  for (const fit::ModelToPlan& model : models) most = std::max(most, model.use.context);
  std::vector<std::uint64_t> lengths;
  for (std::uint64_t length = kFirst; length <= 2 * most; length *= 2) lengths.push_back(length);
  if (std::find(lengths.begin(), lengths.end(), most) == lengths.end()) {
    lengths.push_back(most);
    std::sort(lengths.begin(), lengths.end());
  }
  if (lengths.size() > kMostBars) {
    lengths.erase(lengths.begin(), lengths.end() - static_cast<std::ptrdiff_t>(kMostBars));
  }
  return lengths;
}

}  // namespace

PlanChart chart_of(const std::vector<fit::ModelToPlan>& models, Bytes total, double safe,
                   const std::vector<fit::FootprintOf>& needs) {
  PlanChart chart;
  chart.total = total;
  chart.safe = scaled(total, safe);
  const bool in_ram =
      std::all_of(models.begin(), models.end(), [](const auto& model) { return model.use.on_cpu; });
  const Where where = in_ram ? Where::ram : Where::vram;
  for (const fit::ModelToPlan& model : models) {
    chart.title += (chart.title.empty() ? "" : ", ") + model.shape.name;
  }
  chart.title += in_ram ? ": RAM by tokens of context" : ": VRAM by tokens of context";
  for (const std::uint64_t context : contexts(models)) {
    PlanChart::Bar bar{std::to_string(context), {}};
    for (std::size_t i = 0; i < models.size(); ++i) {
      const fit::ModelToPlan& model = models[i];
      fit::Use use = model.use;
      use.context = context;
      const auto footprint = needs[i](model.shape, use);
      if (!footprint) continue;
      if (models.size() > 1) {
        bar.layers.push_back({model.shape.name, footprint->sum(where).likely});
        continue;
      }
      for (const auto& [name, kind] : kParts) {
        bar.layers.push_back({name, footprint->sum(where, kind).likely});
      }
    }
    if (!bar.layers.empty()) chart.bars.push_back(std::move(bar));
  }
  return chart;
}

}  // namespace spillway
