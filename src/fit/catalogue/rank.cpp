#include "fit/catalogue/rank.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace spillway::fit {
namespace {

constexpr double kSlow = 500;            // ms: a pause that people notice in a conversation
constexpr double kWithoutFigures = 1.2;  // of the files' size

/// The least memory that it takes in all, wherever it runs; infinite when nobody knows.
double memory(const CatalogueEntry& entry) {
  double least = HUGE_VAL;
  for (const bool on_gpu : {true, false}) {
    const auto need = need_of(entry, on_gpu);
    if (!need) continue;
    least = std::min(least, static_cast<double>((need->vram_peak + need->ram_peak).likely.count));
  }
  return least;
}

std::string gigabytes(double bytes) {
  return bytes >= 1e8 ? fmt::format("{:.1f} GB", bytes / 1e9)
                      : fmt::format("{:.0f} MB", bytes / 1e6);
}

std::string span(const Figure& figure, const char* unit) {
  if (figure.low == figure.high) return fmt::format("{:g} {}", figure.low, unit);
  return fmt::format("{:g} to {:g} {}", figure.low, figure.high, unit);
}
std::string span_of(const std::optional<Figure>& figure, const char* unit) {
  return figure ? span(*figure, unit) : "unknown";
}

/// One thing that models are compared by.
struct Criterion {
  double (*value)(const CatalogueEntry&);  // higher is better
  std::string (*against)(const CatalogueEntry& worse, const CatalogueEntry& better);
  bool decides;  // nothing else needs to be said
};

const std::array kCriteria{
    Criterion{[](const CatalogueEntry& e) { return e.maintained.value_or(true) ? 1.0 : 0.0; },
              [](const CatalogueEntry& worse, const CatalogueEntry&) {
                return "unmaintained" +
                       (worse.maintained_source.empty() ? "" : ": " + worse.maintained_source);
              },
              true},
    Criterion{[](const CatalogueEntry& e) { return e.offline ? 1.0 : 0.0; },
              [](const CatalogueEntry&, const CatalogueEntry&) {
                return std::string("needs the network");
              },
              true},
    Criterion{
        [](const CatalogueEntry& e) { return e.latency && e.latency->low >= kSlow ? 0.0 : 1.0; },
        [](const CatalogueEntry& worse, const CatalogueEntry&) {
          return fmt::format("takes {:g} ms and more", worse.latency->low);
        },
        true},
    Criterion{[](const CatalogueEntry& e) { return static_cast<double>(e.quality); },
              [](const CatalogueEntry& worse, const CatalogueEntry& better) {
                return fmt::format("voice quality {} against {}", name(worse.quality),
                                   name(better.quality));
              },
              false},
    Criterion{[](const CatalogueEntry& e) { return e.accuracy ? e.accuracy->low : -1.0; },
              [](const CatalogueEntry& worse, const CatalogueEntry& better) {
                return fmt::format("accuracy {} against {}", span_of(worse.accuracy, "%"),
                                   span_of(better.accuracy, "%"));
              },
              false},
    Criterion{[](const CatalogueEntry& e) {
                return e.kind == ComponentKind::llm && e.parameters ? e.parameters->low : 0.0;
              },
              [](const CatalogueEntry& worse, const CatalogueEntry& better) {
                return fmt::format("{:.1f} against {:.1f} billion parameters",
                                   worse.parameters ? worse.parameters->low / 1e9 : 0.0,
                                   better.parameters->low / 1e9);
              },
              false},
    Criterion{[](const CatalogueEntry& e) { return -memory(e); },
              [](const CatalogueEntry& worse, const CatalogueEntry& better) {
                const double most = memory(worse);
                return std::isinf(most) ? std::string("its size is not published")
                                        : fmt::format("{} against {}", gigabytes(most),
                                                      gigabytes(memory(better)));
              },
              false},
    Criterion{[](const CatalogueEntry& e) { return e.latency ? -e.latency->low : -kSlow; },
              [](const CatalogueEntry& worse, const CatalogueEntry& better) {
                return fmt::format("latency {} against {}", span_of(worse.latency, "ms"),
                                   span_of(better.latency, "ms"));
              },
              false},
};

Range bytes(const Figure& figure) {
  const Bytes low{static_cast<std::int64_t>(figure.low)};
  const Bytes high{static_cast<std::int64_t>(figure.high)};
  return {low, high, high};
}

/// The files and a fifth more; at worst half as much again.
Range estimate(const CatalogueEntry& entry) {
  Range range = bytes(*entry.disk);
  range.likely = scaled(range.high, kWithoutFigures);
  range.high = scaled(range.high, 1.5);
  if (entry.kv) range += bytes(*entry.kv);
  return range;
}

}  // namespace

std::string ruled_out(const CatalogueEntry& entry, const Wishes& wishes) {
  if (entry.maintained == false) return kCriteria[0].against(entry, entry);
  if (wishes.offline && !entry.offline) return "needs the network";
  if (wishes.max_latency_ms && entry.latency && entry.latency->high > *wishes.max_latency_ms) {
    return fmt::format("takes {}, more than {:g} ms", span(*entry.latency, "ms"),
                       *wishes.max_latency_ms);
  }
  if (wishes.min_accuracy && entry.accuracy && entry.accuracy->low < *wishes.min_accuracy) {
    return fmt::format("accuracy {}, less than {:g} %", span(*entry.accuracy, "%"),
                       *wishes.min_accuracy);
  }
  return {};
}

bool comes_before(const CatalogueEntry& a, const CatalogueEntry& b) {
  for (const Criterion& criterion : kCriteria) {
    const double left = criterion.value(a), right = criterion.value(b);
    if (left != right) return left > right;
  }
  return a.name < b.name;
}

std::string against(const CatalogueEntry& entry, const CatalogueEntry& chosen) {
  std::string text;
  for (const Criterion& criterion : kCriteria) {
    if (!(criterion.value(entry) < criterion.value(chosen))) continue;
    text += (text.empty() ? "" : "; ") + criterion.against(entry, chosen);
    if (criterion.decides) break;
  }
  return text;
}

std::string facts(const CatalogueEntry& entry) {
  std::string text;
  const double bytes = memory(entry);
  if (!std::isinf(bytes) && bytes > 0) text += gigabytes(entry.vram ? entry.vram->high : bytes);
  if (entry.latency) text += (text.empty() ? "" : ", ") + span(*entry.latency, "ms");
  if (entry.accuracy) text += (text.empty() ? "" : ", ") + span(*entry.accuracy, "%");
  return text;
}

std::optional<Need> need_of(const CatalogueEntry& entry, bool on_gpu) {
  if (!(on_gpu ? entry.gpu : entry.cpu)) return std::nullopt;
  const auto& published = on_gpu ? entry.vram : entry.ram;
  if (!published && !entry.disk) return std::nullopt;
  const Range range = published ? bytes(*published) : estimate(entry);
  Need need;
  (on_gpu ? need.vram_idle : need.ram_idle) = range;
  (on_gpu ? need.vram_peak : need.ram_peak) = range;
  if (on_gpu && entry.host) need.ram_idle = need.ram_peak = bytes(*entry.host);
  return need;
}

}  // namespace spillway::fit
