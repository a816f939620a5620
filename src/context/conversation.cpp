#include "context/conversation.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "context/text.h"

namespace spillway::context {
namespace {

struct RoleName {
  std::string_view name;
  Role role;
};
constexpr std::array kRoles{
    RoleName{"system", Role::system}, RoleName{"developer", Role::system},
    RoleName{"user", Role::user},     RoleName{"assistant", Role::assistant},
    RoleName{"tool", Role::tool},     RoleName{"function", Role::tool}};

/// Results are looked up among the calls of their group one by one.
constexpr std::size_t kMostCalls = 1024;

Role role_of(std::string_view name) {
  const auto* const found = std::ranges::find(kRoles, name, &RoleName::name);
  return found == kRoles.end() ? Role::other : found->role;
}

/// A member that may be given once.
class Once {
 public:
  explicit Once(Scanner& scanner) : scanner_(scanner) {}
  void take(std::optional<Value>& into) {
    if (into) return scanner_.fail("a member is given twice");
    into = scanner_.value();
  }

 private:
  Scanner& scanner_;
};

std::string_view text_of(const std::optional<Value>& value) {
  return value && value->kind == Kind::string ? inner(*value) : std::string_view();
}

class Reader {
 public:
  explicit Reader(std::string_view text) : scanner_(text) { read_.text = text; }

  Result<Conversation> read() {
    if (scanner_.next() == Kind::array) {
      messages();
    } else {
      body();
    }
    if (scanner_.ok()) scanner_.finish();
    if (scanner_.ok()) return std::move(read_);
    Error error = scanner_.error();
    if (in_message_) error.where += fmt_message();
    return tl::unexpected(std::move(error));
  }

 private:
  std::string fmt_message() const { return ", message " + std::to_string(read_.messages.size()); }

  void messages() {
    if (!read_.list.empty()) return scanner_.fail("a member is given twice");
    read_.list = scanner_
                     .array([this] {
                       in_message_ = true;
                       message();
                       in_message_ = !scanner_.ok();
                     })
                     .raw;
  }

  void body() {
    Once once(scanner_);
    std::array<std::optional<Value>, 2> caps;
    scanner_.object([&](std::string_view raw_key) {
      const std::string key = decoded(raw_key);
      if (key == "messages") return messages();
      if (key == "tools") return once.take(read_.tools);
      if (key == "max_completion_tokens") return once.take(caps[0]);
      if (key == "max_tokens") return once.take(caps[1]);
      scanner_.value();
    });
    if (scanner_.ok() && read_.list.empty()) scanner_.fail("there are no messages in it");
    for (const auto& cap : caps) {
      // null and -1 (llama.cpp: as many as fit) say that there is none.
      if (!cap || cap->kind == Kind::null || cap->raw == "-1") continue;
      if (cap->kind != Kind::number || !parse_u64(cap->raw)) {
        return scanner_.fail("the cap on the answer is no count");
      }
      read_.caps.push_back(*cap);
    }
  }

  void message() {
    Once once(scanner_);
    Message message;
    std::optional<Value> role, call_id;
    bool has_calls = false;
    message.whole = scanner_.object([&](std::string_view raw_key) {
      const std::string key = decoded(raw_key);
      if (key == "role") return once.take(role);
      if (key == "content") return once.take(message.content);
      if (key == "tool_call_id") return once.take(call_id);
      if (key == "tool_calls") {
        if (std::exchange(has_calls, true)) return scanner_.fail("a member is given twice");
        return calls(message.calls);
      }
      if (key == "function_call" && scanner_.next() == Kind::object) {
        message.calls.emplace_back();
        return function(message.calls.back());
      }
      scanner_.value();
    });
    if (!scanner_.ok()) return;
    if (!role || role->kind != Kind::string) return scanner_.fail("a message has no role");
    message.role = role_of(decoded(text_of(role)));
    message.call_id = decoded(text_of(call_id));
    if (message.role != Role::assistant) message.calls.clear();
    read_.messages.push_back(std::move(message));
  }

  void calls(std::vector<ToolCall>& into) {
    if (scanner_.next() != Kind::array) return void(scanner_.value());  // null: none
    scanner_.array([&] {
      Once once(scanner_);
      std::optional<Value> id;
      ToolCall call;
      scanner_.object([&](std::string_view raw_key) {
        const std::string key = decoded(raw_key);
        if (key == "id") return once.take(id);
        if (key == "function" && scanner_.next() == Kind::object) return function(call);
        scanner_.value();
      });
      if (into.size() == kMostCalls) return scanner_.fail("too many tool calls in one message");
      call.id = decoded(text_of(id));
      into.push_back(std::move(call));
    });
  }

  void function(ToolCall& call) {
    scanner_.object([&](std::string_view raw_key) {
      const std::string key = decoded(raw_key);
      const Value value = scanner_.value();
      if (key == "name" && value.kind == Kind::string) call.name = inner(value);
      if (key == "arguments") call.arguments = value.raw;
    });
  }

  Scanner scanner_;
  Conversation read_;
  bool in_message_ = false;
};

}  // namespace

std::optional<std::uint64_t> Conversation::output_cap() const {
  std::optional<std::uint64_t> largest;
  for (const Value& cap : caps) largest = std::max(largest, parse_u64(cap.raw));
  return largest;
}

std::optional<std::string_view> only_text(const Value& content) {
  if (content.kind == Kind::string) return inner(content);
  if (content.kind != Kind::array) return std::nullopt;
  std::optional<std::string_view> text;
  std::size_t parts = 0;
  Scanner scanner(content.raw);
  scanner.array([&] {
    ++parts;
    if (scanner.next() != Kind::object) return void(scanner.value());
    scanner.object([&](std::string_view key) {
      const Value value = scanner.value();
      if (key == "text" && value.kind == Kind::string) text = inner(value);
    });
  });
  return parts == 1 ? text : std::nullopt;
}

Result<Conversation> read_conversation(std::string_view text) { return Reader(text).read(); }

}  // namespace spillway::context
