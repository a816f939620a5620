#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fit/choose/component.h"

namespace spillway::fit {

/// What is known of a kind of change wherever it is made.
struct ChangeRow {
  ChangeKind kind;
  std::string_view word;  // in JSON and stack files
  std::string_view phrase;
  std::string_view latency;   // empty: nobody knows
  std::string_view accuracy;  // empty: nobody knows
};

/// All kinds, the cheapest first.
std::span<const ChangeRow> change_rows();
const ChangeRow& row_of(ChangeKind kind);
std::optional<ChangeKind> find_change(std::string_view word);

/// A change of a component of that kind, with what it is known to cost.
Change change_of(ChangeKind kind, ComponentKind of, std::string what, int steps = 1);

std::string_view name(ComponentKind kind);
std::optional<ComponentKind> find_component_kind(std::string_view word);
/// Small enough for the CPU: a voice detector, an intent classifier, embeddings, a wake word.
bool is_helper(ComponentKind kind);

std::string_view name(Duty duty);
std::optional<Duty> find_duty(std::string_view word);

}  // namespace spillway::fit
