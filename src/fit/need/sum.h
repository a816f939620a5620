#pragma once

#include <string>

#include "fit/footprint.h"
#include "fit/need/amount.h"

namespace spillway::fit {

/// The lines of a footprint as they are written down. A line of nothing is not written.
class Sum {
 public:
  void add(Part part) {
    if (part.bytes.high > Bytes{}) footprint_.parts.push_back(std::move(part));
  }
  void exact(PartKind kind, Where where, std::string name, Amount bytes, std::string formula) {
    add({kind, where, std::move(name), exactly(bytes.bytes()), Origin::exact, std::move(formula)});
  }
  const Footprint& so_far() const { return footprint_; }
  Footprint take() { return std::move(footprint_); }

 private:
  Footprint footprint_;
};

/// `likely` with its bounds as shares of it: around(x, 0.9, 1.1).
constexpr Range around(Amount likely, double low, double high) {
  return {likely.times(low).bytes(), likely.bytes(), likely.times(high).bytes()};
}

}  // namespace spillway::fit
