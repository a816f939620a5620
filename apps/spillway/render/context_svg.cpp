#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "render/context.h"

namespace spillway {
namespace {

constexpr double kWidth = 760, kHeight = 420;
constexpr double kLeft = 80, kRight = 20, kTop = 60, kBottom = 50;
constexpr std::array<std::string_view, 6> kColors{"#4e79a7", "#f28e2b", "#59a14f",
                                                  "#b07aa1", "#9c755f", "#76b7b2"};
constexpr std::string_view kSent = "#bab0ac";

class Drawing {
 public:
  explicit Drawing(const std::vector<ContextReplay>& replays) : replays_(replays) {
    for (const ContextReplay& replay : replays) {
      highest_ = std::max(highest_, static_cast<double>(replay.budget));
      longest_ = std::max(longest_, replay.sent_line.size());
    }
    highest_ *= 1.15;
  }

  std::string text() {
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        kWidth, kHeight);
    label(kLeft, 24, "start", "Tokens of each request, as it was sent and as it left");
    double x = kLeft;
    if (!replays_.empty()) line(replays_.front().sent_line, kSent);
    legend(x, kSent, "as sent");
    for (std::size_t i = 0; i < replays_.size(); ++i) {
      const std::string_view color = kColors[i % kColors.size()];
      line(replays_[i].kept_line, color);
      budget(replays_[i].budget, color);
      legend(x, color, fmt::format("budget {}", replays_[i].budget));
    }
    label(kWidth / 2, kHeight - 14, "middle", fmt::format("request 1 to {}", longest_));
    return out_ + "</svg>\n";
  }

 private:
  double y_of(std::uint64_t tokens) const {
    // What was sent leaves the picture at its upper edge.
    const double share = std::min(1.0, static_cast<double>(tokens) / std::max(highest_, 1.0));
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }

  void label(double x, double y, std::string_view anchor, std::string_view text) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                        anchor, text);
  }

  void legend(double& x, std::string_view color, const std::string& text) {
    out_ += fmt::format("<rect x=\"{:.1f}\" y=\"34\" width=\"10\" height=\"10\" fill=\"{}\"/>\n", x,
                        color);
    label(x + 14, 43, "start", text);
    x += 30 + 7 * static_cast<double>(text.size());
  }

  void line(const std::vector<std::uint64_t>& tokens, std::string_view color) {
    const double step =
        (kWidth - kLeft - kRight) / static_cast<double>(std::max<std::size_t>(longest_, 2) - 1);
    out_ +=
        fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"", color);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      out_ += fmt::format("{:.1f},{:.1f} ", kLeft + step * static_cast<double>(i), y_of(tokens[i]));
    }
    out_ += "\"/>\n";
  }

  void budget(std::uint64_t tokens, std::string_view color) {
    const double y = y_of(tokens);
    out_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-dasharray=\"6 4\"/>\n",
        kLeft, y, kWidth - kRight, y, color);
    label(kLeft - 6, y + 4, "end", std::to_string(tokens));
  }

  const std::vector<ContextReplay>& replays_;
  double highest_ = 1;
  std::size_t longest_ = 0;
  std::string out_;
};

}  // namespace

std::string context_replay_svg(const std::vector<ContextReplay>& replays) {
  return Drawing(replays).text();
}

}  // namespace spillway
