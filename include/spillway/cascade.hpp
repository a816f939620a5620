#pragma once

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

namespace spillway {
inline namespace v0 {

/// An answer and how sure its model is of it, 0 to 1.
template <class Answer>
struct Confident {
  Answer answer;
  double confidence = 0;
};

/// Which model answered, and why not the other.
enum class CascadeRoute {
  light,          // sure enough
  heavy,          // the light one was not sure enough, or failed
  light_fallback  // the heavy one was wanted and failed: better unsure than nothing
};

/// Tries the light model first and wakes the heavy one only when that is not sure enough: most
/// requests then never load it. Any thread, as far as the two functions allow.
template <class Request, class Answer>
class Cascade {
 public:
  using Light = std::function<Confident<Answer>(const Request&)>;
  using Heavy = std::function<Answer(const Request&)>;
  struct Result {
    Answer answer;
    double confidence;  // of the light model; 0 when it failed
    CascadeRoute route;
  };

  Cascade(Light light, Heavy heavy, double threshold = 0.88)
      : light_(std::move(light)), heavy_(std::move(heavy)), threshold_(threshold) {}

  /// Throws what the heavy model throws when both fail.
  Result answer(const Request& request) const {
    std::optional<Confident<Answer>> first;
    try {
      first = light_(request);
      if (first->confidence >= threshold_) {
        return {std::move(first->answer), first->confidence, CascadeRoute::light};
      }
    } catch (...) {  // then it is for the heavy one, whatever it was
    }
    // A confidence that is not a number is none.
    const double confidence = first && !std::isnan(first->confidence) ? first->confidence : 0;
    try {
      return {heavy_(request), confidence, CascadeRoute::heavy};
    } catch (...) {
      if (!first) throw;
      return {std::move(first->answer), confidence, CascadeRoute::light_fallback};
    }
  }

 private:
  const Light light_;
  const Heavy heavy_;
  const double threshold_;
};

}  // namespace v0
}  // namespace spillway
