#include "render/plan_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "render/canvas.h"

namespace spillway {
namespace {

constexpr double kWidth = 760, kHeight = 420;
constexpr double kLeft = 80, kRight = 20, kTop = 60, kBottom = 60;
constexpr double kPlot = kHeight - kTop - kBottom;
constexpr std::array<std::string_view, 6> kColors{"#4e79a7", "#f28e2b", "#59a14f",
                                                  "#bab0ac", "#b07aa1", "#9c755f"};

/// Names come from files: nothing of them may become markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(text));
}

Bytes height_of(const PlanChart::Bar& bar) {
  Bytes sum;
  for (const auto& layer : bar.layers) sum += layer.bytes;
  return sum;
}

class Drawing {
 public:
  explicit Drawing(const PlanChart& chart) : chart_(chart) {
    Bytes most = chart.total;
    for (const auto& bar : chart.bars) most = std::max(most, height_of(bar));
    most_ = std::max<double>(1, static_cast<double>(most.count)) * 1.05;
  }

  std::string text() {
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        kWidth, kHeight);
    out_ += text_at(kLeft, 24, "start", chart_.title);
    legend();
    for (std::size_t i = 0; i < chart_.bars.size(); ++i) bar(i);
    line(chart_.total, "#c0392b", "total " + to_string(chart_.total));
    line(chart_.safe, "#2e7d32", "safe below " + to_string(chart_.safe));
    return out_ + "</svg>\n";
  }

 private:
  double y_of(Bytes bytes) const {
    return kTop + kPlot * (1 - static_cast<double>(bytes.count) / most_);
  }

  void legend() {
    if (chart_.bars.empty()) return;
    double x = kLeft;
    const auto& layers = chart_.bars.front().layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      out_ += fmt::format("<rect x=\"{:.1f}\" y=\"34\" width=\"10\" height=\"10\" fill=\"{}\"/>\n",
                          x, kColors[i % kColors.size()]);
      out_ += text_at(x + 14, 43, "start", layers[i].name);
      x += 30 + 7 * static_cast<double>(columns(layers[i].name));
    }
  }

  void bar(std::size_t i) {
    const double step = (kWidth - kLeft - kRight) / static_cast<double>(chart_.bars.size());
    const double x = kLeft + step * (static_cast<double>(i) + 0.15);
    Bytes below;
    for (std::size_t k = 0; k < chart_.bars[i].layers.size(); ++k) {
      const auto& layer = chart_.bars[i].layers[k];
      const double top = y_of(below + layer.bytes);
      out_ += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\">"
          "<title>{}: {}</title></rect>\n",
          x, top, step * 0.7, y_of(below) - top, kColors[k % kColors.size()], escaped(layer.name),
          to_string(layer.bytes));
      below += layer.bytes;
    }
    out_ += text_at(x + step * 0.35, y_of(below) - 4, "middle", to_string(below));
    out_ += text_at(x + step * 0.35, kHeight - kBottom + 18, "middle", chart_.bars[i].label);
  }

  void line(Bytes at, std::string_view color, const std::string& label) {
    const double y = y_of(at);
    out_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-dasharray=\"6 4\"/>\n",
        kLeft, y, kWidth - kRight, y, color);
    out_ += text_at(kWidth - kRight, y - 4, "end", label);
  }

  const PlanChart& chart_;
  double most_ = 1;
  std::string out_;
};

}  // namespace

std::string plan_svg(const PlanChart& chart) { return Drawing(chart).text(); }

}  // namespace spillway
