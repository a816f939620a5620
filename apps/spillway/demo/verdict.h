#pragma once

#include <optional>
#include <string>

#include "demo/scenario.h"

namespace spillway {

/// The closing table: without the guard (absent where nothing was limited) beside with it.
std::string table(const std::optional<DemoVerdict>& without, const DemoVerdict& with);

/// The same as JSON, "spillway.demo/1" (docs/json.md). `kind` is what kept the programs within `limit`.
std::string document(const char* kind, Bytes limit, const std::optional<DemoVerdict>& without,
                     const DemoVerdict& with);

/// Nothing killed, no answer wrong or lost, everything restored.
bool good(const DemoVerdict& with);

}  // namespace spillway
