#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/choose/component.h"

namespace spillway::fit {

/// What somebody published: an amount, or from one to another, and who says so.
struct Figure {
  double low = 0, high = 0;
  std::string source;
};

/// How a voice sounds.
enum class Quality : std::uint8_t { unknown, low, medium, high };
std::string_view name(Quality quality);

/// A model that can be chosen. What is not known is not there.
struct CatalogueEntry {
  std::string name;
  ComponentKind kind = ComponentKind::other;
  std::string runtime;
  bool gpu = true, cpu = true;  // where it can run
  bool offline = true;
  std::optional<bool> maintained;
  std::string maintained_source;
  std::optional<Figure> disk, vram, host, ram, kv;  // bytes
  std::optional<Figure> parameters;
  std::optional<Figure> latency;   // ms
  std::optional<Figure> accuracy;  // percent
  Quality quality = Quality::unknown;
  std::string quality_source;
};

using Catalogue = std::vector<CatalogueEntry>;

/// The one that is built in, as TOML.
std::string_view builtin_catalogue();

/// Adds the models of a file, or replaces those of the same name. Nothing is added when anything is
/// wrong; all of that is in the errors.
tl::expected<void, std::vector<Error>> add_to(Catalogue& catalogue, std::string_view text,
                                              const std::string& file);

/// The built-in one and, on top of it, DIRECTORY/catalogue.d/*.toml of each directory, in the order of
/// the directories and then of the names. `errors`: of files that do not count.
Catalogue read_catalogue(const std::vector<std::string>& directories, std::vector<Error>& errors);

}  // namespace spillway::fit
