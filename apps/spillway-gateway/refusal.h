#pragma once

#include <string>

namespace spillway::gateway {

/// An answer that the gateway gives itself.
struct Refusal {
  unsigned status = 500;
  std::string body;                  // JSON
  unsigned retry_after_seconds = 0;  // 0: not said
};

/// With OpenAI's error object, {"error": {"message", "type", "param", "code"}} (openapi.yaml, Error).
/// `message`: what is, and what to do. `code` may be empty.
Refusal refusal(unsigned status, const std::string& message, const std::string& code = {});

}  // namespace spillway::gateway
