#include "context/validity.h"

#include <algorithm>

namespace spillway::context {
namespace {

std::string at(std::size_t message, const char* what) {
  return "message " + std::to_string(message) + ": " + what;
}

}  // namespace

std::optional<std::string> pairing_defect(const std::vector<Message>& messages) {
  std::vector<std::string> open;
  bool in_group = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    if (message.role == Role::tool) {
      const auto found = std::ranges::find(open, message.call_id);
      if (found == open.end()) {
        return at(i, in_group ? "a tool result answers none of the calls that are open"
                              : "a tool result without a call before it");
      }
      open.erase(found);
      continue;
    }
    if (!open.empty()) return at(i, "a tool call has no result before it");
    in_group = !message.calls.empty();
    for (const ToolCall& call : message.calls) {
      if (std::ranges::find(open, call.id) != open.end())
        return at(i, "two tool calls have one id");
      open.push_back(call.id);
    }
  }
  const bool being_made = !messages.empty() && !messages.back().calls.empty();
  if (!open.empty() && !being_made)
    return at(messages.size(), "a tool call has no result before it");
  return std::nullopt;
}

std::optional<std::size_t> alternation_defect(const std::vector<Message>& messages) {
  // A group's results stand for the user's turn: what follows them is an assistant's, or a user's.
  Role before = Role::other;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Role role = messages[i].role;
    if (role == Role::system || role == Role::other) continue;
    if ((role == Role::user || role == Role::assistant) && role == before) return i;
    before = role;
  }
  return std::nullopt;
}

}  // namespace spillway::context
