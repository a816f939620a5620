#include "refusal.h"

#include <nlohmann/json.hpp>

namespace spillway::gateway {

using nlohmann::json;

Refusal refusal(unsigned status, const std::string& message, const std::string& code) {
  const json error{{"message", message},
                   {"type", status < 500 ? "invalid_request_error" : "server_error"},
                   {"param", nullptr},
                   {"code", code.empty() ? json() : json(code)}};
  return {status, json{{"error", error}}.dump(-1, ' ', false, json::error_handler_t::replace), 0};
}

}  // namespace spillway::gateway
