#include "fit/catalogue/catalogue.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "fit/choose/change.h"
#include "fit/toml/table_reader.h"
#include "port/text_file.h"

namespace spillway::fit {
namespace {

constexpr std::array<std::string_view, 4> kQualities{"unknown", "low", "medium", "high"};
constexpr double kMostBytes = 1e15;

std::optional<Quality> find_quality(std::string_view word) {
  const auto found = std::find(kQualities.begin() + 1, kQualities.end(), word);
  if (found == kQualities.end()) return std::nullopt;
  return static_cast<Quality>(found - kQualities.begin());
}

struct FigureKey {
  const char* key;
  const char* unit;
  std::optional<Figure> CatalogueEntry::*member;
  double most;
};
constexpr FigureKey kFigures[]{{"disk", "bytes", &CatalogueEntry::disk, kMostBytes},
                               {"vram", "bytes", &CatalogueEntry::vram, kMostBytes},
                               {"host", "bytes", &CatalogueEntry::host, kMostBytes},
                               {"ram", "bytes", &CatalogueEntry::ram, kMostBytes},
                               {"kv", "bytes", &CatalogueEntry::kv, kMostBytes},
                               {"parameters", "count", &CatalogueEntry::parameters, 1e15},
                               {"latency", "ms", &CatalogueEntry::latency, 1e9},
                               {"accuracy", "percent", &CatalogueEntry::accuracy, 100}};

class CatalogueReader {
 public:
  explicit CatalogueReader(std::string file) : file_(std::move(file)) {}

  Catalogue read(const TomlTable& root) {
    Catalogue entries;
    TableReader reader(root, file_, errors);
    for (const TomlTable& table : reader.tables("model")) entries.push_back(entry(table));
    reader.finish();
    return entries;
  }

  std::vector<Error> errors;

 private:
  CatalogueEntry entry(const TomlTable& table) {
    TableReader reader(table, file_, errors);
    CatalogueEntry entry;
    entry.name = reader.text("name").value_or("");
    if (entry.name.empty()) reader.complain("name", "every model needs one");
    const auto kind = reader.word("kind", find_component_kind, "such as stt, tts, llm");
    if (!reader.has("kind")) reader.complain("kind", "every model needs one");
    entry.kind = kind.value_or(ComponentKind::other);
    entry.runtime = reader.text("runtime").value_or("");
    entry.gpu = reader.flag("gpu").value_or(true);
    entry.cpu = reader.flag("cpu").value_or(true);
    entry.offline = reader.flag("offline").value_or(true);
    entry.maintained = reader.flag("maintained");
    entry.maintained_source = reader.text("maintained_source").value_or("");
    for (const FigureKey& key : kFigures) read_figure(reader, key, entry);
    for (const TomlTable& inner : reader.tables("quality")) {
      TableReader part(inner, file_, errors);
      entry.quality =
          part.word("class", find_quality, "low, medium or high").value_or(Quality::unknown);
      entry.quality_source = source(part);
      part.finish();
    }
    reader.finish();
    return entry;
  }

  void read_figure(TableReader& reader, const FigureKey& key, CatalogueEntry& entry) {
    for (const TomlTable& inner : reader.tables(key.key)) {
      TableReader part(inner, file_, errors);
      Figure figure;
      std::vector<double> values;
      const auto found = inner.values.find(key.unit);
      const bool is_list = found != inner.values.end() &&
                           std::holds_alternative<std::vector<TomlValue>>(found->second.content);
      if (is_list) {
        values = part.numbers(key.unit);
      } else if (const auto one = part.number(key.unit)) {
        values = {*one, *one};
      }
      figure.source = source(part);
      if (values.size() != 2 ||
          !(values[0] >= 0 && values[0] <= values[1] && values[1] <= key.most)) {
        part.complain(key.unit, "is neither a figure nor [from, to]");
      } else {
        figure.low = values[0];
        figure.high = values[1];
        entry.*key.member = figure;
      }
      part.finish();
    }
  }

  std::string source(TableReader& part) {
    const auto text = part.text("source");
    if (!text || text->empty()) part.complain("source", "every figure needs one");
    return text.value_or("");
  }

  std::string file_;
};

}  // namespace

std::string_view name(Quality quality) { return kQualities[static_cast<std::size_t>(quality)]; }

tl::expected<void, std::vector<Error>> add_to(Catalogue& catalogue, std::string_view text,
                                              const std::string& file) {
  const auto root = parse_toml(text, file);
  if (!root) return tl::unexpected(std::vector{root.error()});
  CatalogueReader reader(file);
  for (CatalogueEntry& entry : reader.read(*root)) {
    if (!reader.errors.empty()) break;
    const auto same = std::find_if(catalogue.begin(), catalogue.end(),
                                   [&](const auto& known) { return known.name == entry.name; });
    if (same != catalogue.end()) {
      *same = std::move(entry);
    } else {
      catalogue.push_back(std::move(entry));
    }
  }
  if (!reader.errors.empty()) return tl::unexpected(std::move(reader.errors));
  return {};
}

Catalogue read_catalogue(const std::vector<std::string>& directories, std::vector<Error>& errors) {
  Catalogue catalogue;
  const auto add = [&](std::string_view text, const std::string& file) {
    const auto added = add_to(catalogue, text, file);
    if (!added) errors.insert(errors.end(), added.error().begin(), added.error().end());
  };
  add(builtin_catalogue(), "catalogue.toml");
  for (const std::string& directory : directories) {
    std::vector<std::string> files;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory + "/catalogue.d", error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (entry->path().extension() == ".toml") files.push_back(entry->path().string());
    }
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
      const auto text = read_text_file(file);
      if (text) add(*text, file);
      if (!text) errors.push_back(text.error());
    }
  }
  return catalogue;
}

}  // namespace spillway::fit
