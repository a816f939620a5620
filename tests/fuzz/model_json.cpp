// The model as JSON: what is read from any text is written as a text that reads the same.

#include "json/codec.h"
#include "model/event.h"
#include "model/status.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

template <class T>
void round_trip(std::string_view text) {
  const auto first = from_text<T>(text);
  if (!first) return must(!first.error().what.empty());
  const std::string written = to_text(*first);
  const auto second = from_text<T>(written);
  must(second && to_text(*second) == written);
  const auto compact = from_text<T>(to_compact_text(*first));
  must(compact && to_text(*compact) == written);
}

void model_json(std::string_view text) {
  switch (take_choice(text) % 8) {
    case 0: return round_trip<Snapshot>(text);
    case 1: return round_trip<Tenant>(text);
    case 2: return round_trip<Policy>(text);
    case 3: return round_trip<Plan>(text);
    case 4: return round_trip<Outcome>(text);
    case 5: return round_trip<Assessment>(text);
    case 6: return round_trip<StatusReport>(text);
    default: return round_trip<Event>(text);
  }
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::model_json)
