#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

Finding on_host() {
  Finding finding = found(Kind::host_alloc, "ram");
  finding.recoverable = true;
  return finding;
}

std::optional<Finding> read_numpy(std::string_view text) {
  Finding finding = on_host();
  finding.requested = rounded(amount_after(text, "Unable to allocate "));
  if (!finding.requested) return std::nullopt;
  return finding;
}

std::optional<Finding> read_rust(std::string_view text) {
  const auto size = integer_after(text, "memory allocation of ");
  if (!size || !has(text, " bytes failed")) return std::nullopt;
  Finding finding = on_host();
  finding.requested = Bytes{*size};
  finding.recoverable = std::nullopt;  // it aborts
  return finding;
}

std::optional<Finding> read_plain(std::string_view) {
  Finding finding = on_host();
  finding.recoverable = std::nullopt;
  finding.because = "the text tells no sizes";
  finding.echo = true;
  return finding;
}

constexpr std::array kFormats{
    Format{"Unable to allocate ", 0, read_numpy, "numpy _core/_exceptions.py"},
    Format{"memory allocation of ", 0, read_rust, "Rust library/std/src/alloc.rs"},
    Format{"std::bad_alloc", 0, read_plain, "libstdc++"},
    Format{"fatal error: runtime: out of memory", 0, read_plain, "Go runtime/malloc.go"},
};

}  // namespace

std::span<const Format> host_formats() { return kFormats; }

}  // namespace spillway::doctor
