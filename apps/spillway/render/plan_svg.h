#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace spillway {

/// Stacked bars against a limit: what a memory holds at one length of the context after another.
struct PlanChart {
  struct Layer {
    std::string name;
    Bytes bytes;
  };
  struct Bar {
    std::string label;          // "4096"
    std::vector<Layer> layers;  // from the bottom, the same names in every bar
  };
  std::string title;
  Bytes total, safe;
  std::vector<Bar> bars;
};

/// A drawing of its own (SVG 1.1), without scripts and references to anything outside.
std::string plan_svg(const PlanChart& chart);

}  // namespace spillway
