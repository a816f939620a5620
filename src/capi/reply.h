#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

/// What a tenant callback says beside its return code; lives for that one call.
struct spillway_reply {
  std::string own_pool;
  std::vector<std::pair<std::string, spillway::Bytes>> changes;
  std::optional<std::string> place;
  std::optional<std::string> data;
  std::string error;
};
