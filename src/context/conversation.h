#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/scanner.h"

namespace spillway::context {

enum class Role : std::uint8_t {
  system,
  user,
  assistant,
  tool,
  other
};  // developer is system, too

struct ToolCall {
  std::string id;
  std::string_view name;       // raw, without quotes
  std::string_view arguments;  // raw
};

/// A message of OpenAI's chat format, where it stands in the text that was read.
/// Source: openai/openai-openapi, openapi.yaml, ChatCompletionRequestMessage.
struct Message {
  Value whole;
  Role role = Role::other;
  std::optional<Value> content;
  std::vector<ToolCall> calls;  // of an assistant; the older function_call is one with the id ""
  std::string call_id;          // of a tool: the call that it answers
};

/// A request, or the messages of one. Fields that nobody here knows stay where they are in `text`.
struct Conversation {
  std::string_view text;  // what was read
  std::string_view list;  // the array of messages in it
  std::vector<Message> messages;
  std::optional<Value> tools;  // of a request
  std::vector<Value> caps;     // max_completion_tokens and max_tokens, where they are numbers

  /// The largest cap on the answer's tokens that it sets, and none where it sets none.
  std::optional<std::uint64_t> output_cap() const;
};

/// Reads a request body or an array of messages. `text` must outlive the result.
/// Errors: invalid, for what is no JSON (with the byte) and no conversation (with the message): a message
/// without a role, a member that matters given twice, a cap that is no count.
Result<Conversation> read_conversation(std::string_view text);

/// What is inside a string's quotes.
inline std::string_view inner(const Value& string) {
  return string.raw.substr(1, string.raw.size() - 2);
}

/// The inner text of a content that is a string, or an array with one part that is text.
std::optional<std::string_view> only_text(const Value& content);

}  // namespace spillway::context
