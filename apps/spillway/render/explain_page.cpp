#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "doctor/lines/stamp.h"
#include "render/explain.h"
#include "render/html.h"

namespace spillway {
namespace {

using doctor::Finding;
using doctor::Stamp;

constexpr double kWidth = 960, kHeight = 220, kLeft = 50, kRight = 16, kTop = 16, kBottom = 34;

/// One axis for all: a time line if every finding is on the same one, else their order.
class Axis {
 public:
  explicit Axis(const doctor::Report& report) {
    const auto& findings = report.findings;
    line_ = findings.empty() ? Stamp::Line::wall : findings.front().first.line;
    const bool timed = line_ != Stamp::Line::none &&
                       std::all_of(findings.begin(), findings.end(),
                                   [&](const Finding& f) { return f.first.line == line_; });
    if (!timed) line_ = Stamp::Line::none;
    std::vector<double> at;
    for (std::size_t i = 0; i < findings.size(); ++i) {
      at.push_back(place(findings[i], i));
      if (timed) at.push_back(std::max(findings[i].last.seconds, findings[i].first.seconds));
    }
    if (plots_series()) {
      for (const auto& series : report.series) {
        if (series.points().empty()) continue;
        at.push_back(series.points().front().at);
        at.push_back(series.points().back().at);
      }
    }
    if (at.empty()) return;
    const auto [least, most] = std::minmax_element(at.begin(), at.end());
    from_ = *least;
    to_ = std::max(*most, *least + 1);
  }

  double place(const Finding& finding, std::size_t number) const {
    return line_ == Stamp::Line::none ? static_cast<double>(number) : finding.first.seconds;
  }
  double x(double at) const {
    return kLeft + (at - from_) / (to_ - from_) * (kWidth - kLeft - kRight);
  }
  bool plots_series() const { return line_ == Stamp::Line::wall; }
  bool timed() const { return line_ != Stamp::Line::none; }
  double from() const { return from_; }
  double to() const { return to_; }
  std::string label(double at) const {
    if (line_ == Stamp::Line::wall) return doctor::moment({line_, at, {}});
    return fmt::format("{:.0f} s", at - from_);
  }

 private:
  Stamp::Line line_ = Stamp::Line::none;
  double from_ = 0, to_ = 1;
};

double y(double share) {
  return kHeight - kBottom - std::clamp(share, 0.0, 1.0) * (kHeight - kTop - kBottom);
}

std::string timeline(const doctor::Report& report) {
  const Axis axis(report);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"timeline\">",
                                kWidth, kHeight);
  for (const double share : {0.0, 0.5, 1.0}) {
    svg += fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                       kLeft, kWidth - kRight, y(share), y(share));
    if (axis.plots_series() && !report.series.empty()) {
      svg += fmt::format("<text x=\"4\" y=\"{:.1f}\">{}</text>", y(share) + 4, percent(share));
    }
  }
  if (axis.timed()) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", kLeft, kHeight - 8,
                       escaped(axis.label(axis.from())));
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kWidth - kRight,
                       kHeight - 8, escaped(axis.label(axis.to())));
  }
  for (std::size_t i = 0; axis.plots_series() && i < report.series.size(); ++i) {
    const doctor::Series& series = report.series[i];
    svg += fmt::format("<polyline class=\"use s{}\" points=\"", i % 4);
    for (const auto& point : series.points()) {
      svg += fmt::format("{:.1f},{:.1f} ", axis.x(point.at), y(ratio(point.used, series.total())));
    }
    svg += fmt::format("\"><title>{}</title></polyline>", escaped(series.pool()));
  }
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    const double x = axis.x(axis.place(finding, i));
    const double end =
        axis.timed() ? std::max(x, axis.x(std::max(finding.last.seconds, finding.first.seconds)))
                     : x;
    const std::string_view cls = finding.cause == doctor::Cause::unknown ? "unknown" : "known";
    svg += fmt::format(
        "<a href=\"#e{}\"><rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\" "
        "opacity=\".75\"><title>{}</title></rect></a>",
        i + 1, cls, x - 1, kTop, end - x + 3, kHeight - kTop - kBottom, escaped(title_of(finding)));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>", x, kTop - 4, i + 1);
  }
  return svg + "</svg>\n";
}

}  // namespace

std::string explain_page(const doctor::Report& report) {
  std::string page = page_head("spillway explain");
  page += fmt::format(
      "<h1>What ran out</h1>\n<p>{} found in {} lines ({}).</p>\n",
      report.findings.size() == 1 ? "One event" : fmt::format("{} events", report.findings.size()),
      report.lines, to_string(Bytes{static_cast<std::int64_t>(report.bytes)}));
  page += timeline(report);
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    page += fmt::format("<h2 id=\"e{}\">{}. {}</h2>\n<dl>\n", i + 1, i + 1,
                        escaped(title_of(report.findings[i])));
    for (const Told& told : told_of(report.findings[i])) {
      page += fmt::format("<dt>{}</dt>", told.heading);
      for (std::size_t n = 0; n < told.lines.size(); ++n) {
        page += fmt::format("{}<dd{}>{}</dd>\n", n == 0 ? "" : "<dt></dt>",
                            told.heading == "evidence" ? " class=\"evidence\"" : "",
                            escaped(told.lines[n]));
      }
    }
    page += "</dl>\n";
  }
  for (const doctor::Series& series : report.series) {
    if (const std::string verdict = series.verdict(); !verdict.empty())
      page += "<p>" + escaped(verdict) + "</p>\n";
  }
  for (const std::string& note : report.notes) page += "<p>" + escaped(note) + "</p>\n";
  return page + page_end();
}

}  // namespace spillway
