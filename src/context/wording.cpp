#include "context/wording.h"

#include <fmt/format.h>

#include "context/text.h"

namespace spillway::context {
namespace {

constexpr std::size_t kLongestToolName = 64;

/// `recall` with its {tool} and {id} filled in, as inner text.
std::string way_back(const ClearedResult& result, std::string_view tool, std::string_view recall) {
  std::string out = encoded(recall);
  const auto fill = [&out](std::string_view mark, const std::string& with) {
    for (auto at = out.find(mark); at != out.npos; at = out.find(mark, at + with.size())) {
      out.replace(at, mark.size(), with);
    }
  };
  fill("{id}", fmt::format("r-{:016x}", result.identity));
  fill("{tool}", std::string(tool));
  return out.empty() ? out : "; " + out;
}

std::string_view tool_of(const ClearedResult& result) {
  return result.tool.empty() ? "the tool" : head_of(result.tool, kLongestToolName);
}

}  // namespace

std::string placeholder(const ClearedResult& result, std::string_view recall) {
  const std::string_view tool = tool_of(result);
  return fmt::format("\"[result of {} cleared: {} bytes{}]\"", tool, result.bytes,
                     way_back(result, tool, recall));
}

std::string head_and_tail(std::string_view inner, std::uint64_t bytes, const ClearedResult& result,
                          std::string_view recall) {
  const std::string_view tool = tool_of(result);
  const std::string back = way_back(result, tool, recall);
  const auto words = [&](std::size_t left_out) {
    return fmt::format("\\n[... {} of {} bytes of {} left out{} ...]\\n", left_out, inner.size(),
                       tool, back);
  };
  const std::size_t around = words(inner.size()).size() + 2;
  if (bytes <= around) return {};
  // What went wrong stands at the end of most logs, what was asked at their beginning.
  const std::size_t room = bytes - around;
  const std::string_view head = head_of(inner, room / 2);
  const std::string_view tail = tail_of(inner, room - room / 2);
  if (head.size() + tail.size() >= inner.size()) return {};
  return fmt::format("\"{}{}{}\"", head, words(inner.size() - head.size() - tail.size()), tail);
}

std::string warning_note() {
  return R"(\n\n[The context is nearly full: older tool results leave it soon. Note down now what matters of them.])";
}

std::string cut_note(std::size_t results, std::size_t messages) {
  return fmt::format(
      R"(\n\n[The context was full: {} older tool results were cleared and {} older messages left out.])",
      results, messages);
}

std::string reminder_note() {
  return R"(\n\n[Reminder: note down what matters of the results so far.])";
}

std::string with_note(std::string_view content, std::string_view note) {
  if (content.size() < 2) return {};
  const std::string_view body = content.substr(0, content.size() - 1);
  if (content.front() == '"') return fmt::format("{}{}\"", body, note);
  if (content.front() != '[') return {};
  const bool is_empty = body.find_first_not_of(" \t\r\n", 1) == body.npos;
  return fmt::format(R"({}{}{{"type":"text","text":"{}"}}])", body, is_empty ? "" : ",", note);
}

}  // namespace spillway::context
