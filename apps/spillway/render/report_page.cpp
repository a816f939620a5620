#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "render/html.h"
#include "render/report.h"

namespace spillway {
namespace {

constexpr double kWidth = 960, kHeight = 170, kLeft = 50, kRight = 16, kTop = 10, kBottom = 26;
constexpr double kFoot = kHeight - kBottom;

double seconds_of(WallTime time) { return static_cast<double>(time.unix_ns) / 1e9; }

/// What was recorded, and not what was asked for: a journal of an hour is not a dot.
class Axis {
 public:
  explicit Axis(const doctor::JournalReport& report)
      : from_(seconds_of(report.from.value_or(report.since))),
        to_(std::max(seconds_of(report.to.value_or(report.until)), from_ + 1)) {}

  double x(double at) const {
    return kLeft + std::clamp((at - from_) / (to_ - from_), 0.0, 1.0) * (kWidth - kLeft - kRight);
  }

 private:
  double from_, to_;
};

double y(double share) { return kFoot - std::clamp(share, 0.0, 1.0) * (kFoot - kTop); }

std::string line(std::string_view cls, double x1, double x2, double y1, double y2,
                 std::string_view title = {}) {
  return fmt::format(
      "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\">{}</line>", cls,
      x1, x2, y1, y2, title.empty() ? "" : fmt::format("<title>{}</title>", escaped(title)));
}

std::string marks(const std::vector<doctor::Moment>& moments, std::string_view cls,
                  const Axis& axis, double top) {
  std::string svg;
  for (const doctor::Moment& moment : moments) {
    const double x = axis.x(seconds_of(moment.at));
    svg += line(cls, x, x, top, kFoot, to_rfc3339(moment.at) + " " + moment.what);
  }
  return svg;
}

std::string plot(const doctor::JournalReport& report, const doctor::PoolHistory& pool,
                 std::size_t number) {
  const Axis axis(report);
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} over time\">", kWidth,
                  kHeight, escaped(pool.pool.text));
  for (const double share : {0.0, 0.5, 1.0}) {
    svg += line("axis", kLeft, kWidth - kRight, y(share), y(share));
    svg += fmt::format("<text x=\"4\" y=\"{:.1f}\">{}</text>", y(share) + 4, percent(share));
  }
  if (report.from && report.to) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", kLeft, kHeight - 8,
                       to_rfc3339(*report.from));
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kWidth - kRight,
                       kHeight - 8, to_rfc3339(*report.to));
  }
  // A gap in the records is one in the line.
  double last = 0;
  std::string points;
  const auto draw = [&] {
    if (!points.empty())
      svg += fmt::format("<polyline class=\"use s{}\" points=\"{}\"/>", number % 4, points);
    points.clear();
  };
  const auto& series = pool.series.points();
  const double usual = series.size() > 1 ? (series.back().at - series.front().at) /
                                               static_cast<double>(series.size() - 1)
                                         : 0;
  for (const auto& point : series) {
    if (point.at - last > std::max(10 * usual, doctor::ReportBuilder::kGap)) draw();
    last = point.at;
    points +=
        fmt::format("{:.1f},{:.1f} ", axis.x(point.at), y(ratio(point.used, pool.series.total())));
  }
  draw();
  svg += marks(report.measures_taken, "act", axis, kFoot - 14);
  svg += marks(report.failures, "fail", axis, kTop);
  return svg + "</svg>\n";
}

std::string html_of(const ReportTable& table) {
  std::string html = fmt::format("<h2>{}</h2>\n<table><tr>", escaped(table.name));
  for (const Column& column : table.head) html += fmt::format("<th>{}</th>", escaped(column.title));
  html += "</tr>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view cls = row[i].paint == Paint::bad    ? " class=\"bad\""
                                   : row[i].paint == Paint::good ? " class=\"good\""
                                                                 : "";
      html += fmt::format("<td{}{}>{}</td>", cls,
                          i < table.head.size() && table.head[i].right ? " align=\"right\"" : "",
                          escaped(row[i].text));
    }
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

}  // namespace

std::string report_page(const doctor::JournalReport& report) {
  std::string page = page_head("spillway report");
  page += fmt::format("<h1>Memory report</h1>\n<p>{}</p>\n", escaped(period_of(report)));
  for (const std::string& note : report.notes) page += fmt::format("<p>{}</p>\n", escaped(note));
  for (const ReportTable& table : report_tables(report)) {
    if (!table.rows.empty()) page += html_of(table);
  }
  for (std::size_t i = 0; i < report.pools.size(); ++i) {
    const doctor::PoolHistory& pool = report.pools[i];
    if (pool.series.points().size() < 2) continue;
    page += fmt::format("<h2>{}</h2>\n{}", escaped(pool.pool.text), plot(report, pool, i));
  }
  return page + page_end();
}

}  // namespace spillway
