#pragma once

#include <optional>
#include <string_view>

#include "model/event.h"

namespace spillway {

/// The words for the enums of the model that stand in JSON and have no name() beside them.
std::string_view name(Direction direction);
std::string_view name(StallResource resource);
std::string_view name(KernelEvent::Kind kind);
std::string_view name(TenantChanged::What what);

/// The last value of each enum that is read from its name; they all count from 0.
template <class E>
inline constexpr E kLast{};
template <>
inline constexpr Level kLast<Level> = Level::shutdown;
template <>
inline constexpr Rung kLast<Rung> = Rung::stop;
template <>
inline constexpr Cause kLast<Cause> = Cause::held;
template <>
inline constexpr Shape kLast<Shape> = Shape::burst;
template <>
inline constexpr StepStatus kLast<StepStatus> = StepStatus::dry_run;
template <>
inline constexpr Errc kLast<Errc> = Errc::refused;
template <>
inline constexpr Direction kLast<Direction> = Direction::restore;
template <>
inline constexpr StallResource kLast<StallResource> = StallResource::cpu;
template <>
inline constexpr KernelEvent::Kind kLast<KernelEvent::Kind> = KernelEvent::Kind::xid;
template <>
inline constexpr TenantChanged::What kLast<TenantChanged::What> = TenantChanged::What::quarantined;

/// The value with this name().
template <class E>
std::optional<E> parse_name(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(kLast<E>); ++i) {
    if (name(static_cast<E>(i)) == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace spillway
