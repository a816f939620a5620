#pragma once

#include <optional>
#include <string>

#include "fit/catalogue/catalogue.h"

namespace spillway::fit {

/// What a person demands of what is chosen. What nobody has published is not held against a model,
/// but a model of which it is known comes first.
struct Wishes {
  std::optional<double> max_latency_ms;
  std::optional<double> min_accuracy;  // percent
  bool offline = false;                // nothing that needs the network
};

/// Why a model cannot be chosen whatever else there is; empty when it can.
std::string ruled_out(const CatalogueEntry& entry, const Wishes& wishes);

/// Whether `a` is to be tried before `b`: maintained, without the network, quick enough for a
/// conversation, then by quality, accuracy, parameters (of LLMs), memory, latency and name.
bool comes_before(const CatalogueEntry& a, const CatalogueEntry& b);

/// What speaks against `entry` where `chosen` was taken: "accuracy 80 to 85 % against 94 %".
std::string against(const CatalogueEntry& entry, const CatalogueEntry& chosen);

/// What is known of it in short: "1.5 GB, 300 to 500 ms".
std::string facts(const CatalogueEntry& entry);

/// What it needs at the place; nothing where it cannot run there or nobody knows. Published figures;
/// else the files and a fifth more (the rule of accelerate estimate-memory), the KV cache of an LLM
/// beside them.
std::optional<Need> need_of(const CatalogueEntry& entry, bool on_gpu);

}  // namespace spillway::fit
