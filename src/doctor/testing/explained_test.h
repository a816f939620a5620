#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "doctor/explain/document.h"
#include "doctor/explain/explainer.h"

namespace spillway::doctor {

/// Bytes that are in memory already, `piece` at a time.
class TextBytes final : public ByteSource {
 public:
  explicit TextBytes(std::string_view text, std::size_t piece = 4096)
      : text_(text), piece_(piece) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    const std::size_t n = text_.copy(into, std::min(size, piece_));
    text_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view text_;
  std::size_t piece_;
};

inline Report explained(std::string_view text, std::size_t piece = 4096) {
  Explainer explainer;
  LineReader lines("log", std::make_unique<TextBytes>(text, piece));
  explainer.read(lines);
  return explainer.finish();
}

inline nlohmann::json explained_file(const std::string& path) {
  auto bytes = open_bytes(path);
  if (!bytes) throw std::runtime_error(to_string(bytes.error()));
  Explainer explainer;
  LineReader lines(path, std::move(*bytes));
  explainer.read(lines);
  return nlohmann::json::parse(explain_document(explainer.finish()));
}

}  // namespace spillway::doctor
