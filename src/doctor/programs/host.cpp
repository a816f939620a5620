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
  if (finding.requested) return finding;
  if (!has(text, "Unable to allocate array with shape (")) return std::nullopt;  // until 1.18
  finding.because = "the text tells no sizes";
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

/// A heap that was given a size: "JavaScript heap out of memory", "java.lang.OutOfMemoryError: Java heap space".
std::optional<Finding> read_heap(std::string_view text) {
  Finding finding = on_host();
  finding.recoverable = std::nullopt;
  if (has(text, "heap")) {
    finding.cause = Cause::limit;
    finding.because = "the heap's own limit (--max-old-space-size, -Xmx) was reached";
  } else {
    finding.because = "the text tells no sizes";
  }
  return finding;
}

/// "runtime: out of memory: cannot allocate 4194304-byte block (34359738368 in use)"
std::optional<Finding> read_go(std::string_view text) {
  Finding finding = on_host();
  finding.recoverable = false;
  if (const auto size = integer_after(text, ": cannot allocate ")) finding.requested = Bytes{*size};
  return finding;
}

/// Linux mm/util.c: "__vm_enough_memory: pid: 1234, comm: python3, bytes: 34359738368 not enough memory for the
/// allocation"
std::optional<Finding> read_overcommit(std::string_view text) {
  Finding finding = on_host();
  if (const auto size = integer_after(text, " bytes: ")) finding.requested = Bytes{*size};
  finding.cause = Cause::limit;
  finding.because = "the kernel promises no more than vm.overcommit_memory and _ratio allow";
  return finding;
}

constexpr std::array kFormats{
    Format{"__vm_enough_memory: pid: ", 0, read_overcommit, "Linux mm/util.c since 5.8"},
    Format{"runtime: out of memory: cannot allocate ", 0, read_go, "Go runtime/malloc.go"},
    Format{"JavaScript heap out of memory", 0, read_heap, "V8 src/api/api.cc"},
    Format{"java.lang.OutOfMemoryError", 0, read_heap, "JDK java.lang.OutOfMemoryError"},
    Format{"[Errno 12] Cannot allocate memory", 0, read_plain, "CPython, ENOMEM"},
    Format{"Unable to allocate ", 0, read_numpy, "numpy _core/_exceptions.py"},
    Format{"memory allocation of ", 0, read_rust, "Rust library/std/src/alloc.rs"},
    Format{"std::bad_alloc", 0, read_plain, "libstdc++"},
    Format{"fatal error: runtime: out of memory", 0, read_plain, "Go runtime/malloc.go"},
};

}  // namespace

std::span<const Format> host_formats() { return kFormats; }

}  // namespace spillway::doctor
