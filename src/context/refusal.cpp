#include <fmt/format.h>

#include "context/trim.h"
#include "json/writer.h"

namespace spillway::context {

std::string Refusal::to_json() const {
  const bool is_length = error.code == Errc::refused;
  JsonWriter out;
  out.begin_object();
  out.key("error");
  out.begin_object();
  // The words that agents look for: "maximum context length", and the code.
  out.member("message",
             is_length
                 ? fmt::format("This model's maximum context length is {} tokens. However, you "
                               "requested {} tokens ({} in the messages, {} in the completion). "
                               "Please reduce the length of the messages or completion.",
                               budget, tokens + output_cap, tokens, output_cap)
                 : to_string(error));
  out.member("type", "invalid_request_error");
  out.key("param");
  if (is_length) {
    out.value("messages");
  } else {
    out.value(nullptr);
  }
  out.key("code");
  if (is_length) {
    out.value("context_length_exceeded");
  } else {
    out.value(nullptr);
  }
  out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace spillway::context
