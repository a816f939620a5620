// Messages of frameworks and drivers: their kind does not hang on case or on what stands around.

#include <string>

#include "capi/error_classifier.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

void error_message(std::string_view text) {
  const ErrorKind kind = classify_error(text);
  std::string shouted(text);
  for (char& c : shouted) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  must(classify_error(shouted) == kind);
  const ErrorKind in_a_log = classify_error("[E] " + std::string(text) + "\n");
  must(kind == ErrorKind::other || in_a_log == kind);
  if (const auto wanted = wanted_bytes(text)) must(*wanted >= Bytes{});
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::error_message)
