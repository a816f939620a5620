// What lies beside weights: config.json, model_config.yaml, a sharded model's index, Ollama's manifests; and
// JSON itself, of which another parser has to think the same.

#include <nlohmann/json.hpp>

#include "fit/files/config_json.h"
#include "fit/files/json_walk.h"
#include "fit/files/open_model.h"
#include "fit/files/parts.h"
#include "fit/files/shards.h"
#include "fit/files/stores.h"
#include "tests/fuzz/fit.h"

namespace spillway::fuzz {
namespace {

void configuration(fit::HeaderReader& in, bool yaml) {
  fit::ModelFile file = fit::begin_file(in, fit::FileFormat::config_only);
  (yaml ? fit::read_config_yaml : fit::read_config_json)(in, file);
  if (!in.ok()) return must(!in.error().value().hint.empty());
  check_model(file);
}

void json(fit::HeaderReader& in, std::string_view text) {
  fit::walk_json(in, in.size(), [](const auto&, const auto&) { return true; });
  // It checks UTF-8 too, and lets members be there twice.
  const auto theirs = nlohmann::json::parse(text, nullptr, false);
  if (in.ok()) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) return;
    }
    must(!theirs.is_discarded() || text.find("\\u") != text.npos || text.find('\0') != text.npos);
  }
}

void fit_config(std::string_view text) {
  const std::uint8_t choice = take_choice(text);
  fit::HeaderReader in = fit::HeaderReader::over(text, "model");
  switch (choice % 6) {
    case 0: return configuration(in, false);
    case 1: return configuration(in, true);
    case 2: {
      const auto index = fit::read_index(in);
      if (!index) return must(!index.error().what.empty());
      for (const std::string& file : index->files) must(fit::stays_inside(file));
      return;
    }
    case 3: return must(fit::read_ollama_manifest(in).has_value() == in.ok());
    case 4: return json(in, text);
    default: {
      const auto count = fit::parse_parameters(text);
      must(!count || *count > 0);
    }
  }
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::fit_config)
