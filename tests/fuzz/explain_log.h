#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "doctor/explain/document.h"
#include "doctor/explain/explainer.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {

/// The input in pieces of `piece` bytes.
class PiecedBytes final : public doctor::ByteSource {
 public:
  PiecedBytes(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    const std::size_t n = text_.copy(into, std::min(size, piece_));
    text_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view text_;
  std::size_t piece_;
};

inline std::string explained(std::string_view text, std::size_t piece) {
  doctor::Explainer explainer;
  doctor::LineReader lines("log", std::make_unique<PiecedBytes>(text, piece));
  explainer.read(lines);
  const doctor::Report report = explainer.finish();
  must(report.findings.size() <= doctor::Gatherer::kMost && report.bytes == text.size());
  for (const doctor::Finding& finding : report.findings) {
    must(finding.count >= 1 && finding.holders.size() <= 3 && !finding.evidence.empty());
    must(!finding.because.empty());
  }
  return doctor::explain_document(report);
}

/// What a log says does not hang on how it arrives, and nothing that it says is lost to the JSON.
inline void explain_log(std::string_view text) {
  const std::string whole = explained(text, 1 << 16);
  if (text.size() % 8 == 0) must(explained(text, 7) == whole);
}

}  // namespace spillway::fuzz
