#pragma once

#include <string_view>

#include "base/result.h"
#include "settings.h"

namespace spillway::gateway {

/// "http://127.0.0.1:8080", "127.0.0.1:8080", "[::1]:8080". Errors: invalid.
Result<Endpoint> parse_endpoint(std::string_view text);

/// "http://...", or "MODEL=http://..." for one model.
Result<Upstream> parse_upstream(std::string_view text);

}  // namespace spillway::gateway
