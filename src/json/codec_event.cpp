#include <array>

#include "json/codec_impl.h"
#include "json/fields_event.h"

namespace spillway {
namespace {

/// In the order of the variant's alternatives.
constexpr std::array<const char*, std::variant_size_v<Event>> kKinds{
    "frame",          "step_started",   "step_ended", "level_changed",
    "tenant_changed", "policy_changed", "note"};

std::optional<Event> make_event(const std::string& kind) {
  const auto pick = [&]<std::size_t... I>(std::index_sequence<I...>) {
    std::optional<Event> event;
    (void)((kind == kKinds[I] && (event.emplace(std::in_place_index<I>), true)) || ...);
    return event;
  };
  return pick(std::make_index_sequence<kKinds.size()>());
}

}  // namespace

template <class V>
void fields(V& v, typename V::template Ref<Event> x) {
  if constexpr (std::is_same_v<V, FieldWriter>) {
    v.must("kind", std::string(kKinds[x.index()]));
  }
  std::visit([&](auto& event) { fields(v, event); }, x);
}

SPILLWAY_JSON_CODEC(Policy)

template std::string to_text<Event>(const Event&);
template std::string to_compact_text<Event>(const Event&);
template nlohmann::json to_json<Event>(const Event&);

template <>
Result<Event> from_json<Event>(const nlohmann::json& json) {
  if (!json.is_object()) return fail(Errc::invalid, "not an object");
  const auto kind = json.find("kind");
  if (kind == json.end() || !kind->is_string()) {
    return fail(Errc::invalid, "not the name of an event", "kind");
  }
  auto event = make_event(kind->get<std::string>());
  if (!event) return fail(Errc::unsupported, "an unknown event", "kind");
  std::optional<Error> error;
  std::visit([&](auto& known) { FieldReader::read(json, Place{}, error, known); }, *event);
  if (error) return tl::unexpected<Error>(std::move(*error));
  return std::move(*event);
}

template Result<Event> from_text<Event>(std::string_view);

}  // namespace spillway
