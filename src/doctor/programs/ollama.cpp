#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

Finding refused() {
  Finding finding = found(Kind::host_refusal, "ram");
  finding.cause = Cause::overload;
  finding.because = "the model needs more than is available; refused before loading";
  finding.recoverable = true;
  return finding;
}

/// "model requires more system memory (615.4 MiB) than is available (415.9 MiB)"
std::optional<Finding> read_error(std::string_view text) {
  Finding finding = refused();
  finding.requested = rounded(amount_after(text, "requires more system memory ("));
  finding.free = rounded(amount_after(text, "than is available ("));
  return finding;
}

/// msg="model request too large for system" requested="615.4 MiB" available="415.9 MiB" total="916.8 MiB" ...
std::optional<Finding> read_warning(std::string_view text) {
  Finding finding = refused();
  const auto value = [&](std::string_view quoted, std::string_view bare) {
    const auto amount = amount_after(text, quoted);
    return rounded(amount ? amount : amount_after(text, bare, 1));
  };
  finding.requested = value(" requested=\"", " requested=");
  finding.free = value(" available=\"", " available=");
  finding.total = value(" total=\"", " total=");
  finding.swap_free = value(" swap=\"", " swap=");
  return finding;
}

constexpr std::array kFormats{
    Format{"model request too large for system", 0, read_warning, "ollama llm/server.go"},
    Format{"requires more system memory (", 0, read_error, "ollama llm/server.go"},
};

}  // namespace

std::span<const Format> ollama_formats() { return kFormats; }

}  // namespace spillway::doctor
