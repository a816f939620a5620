#include "context/runs.h"

#include "base/text.h"
#include "context/scanner.h"

namespace spillway {
namespace {

using context::Kind;
using context::Scanner;
using context::Value;

bool is_message(std::string_view object) {
  Scanner scanner(object);
  bool has_role = false;
  scanner.object([&](std::string_view key) {
    has_role = has_role || key == "role";
    scanner.value();
  });
  return has_role;
}

/// Adds the runs of one document; why not, where it is no JSON.
Status add_runs(std::string_view text, std::vector<std::string_view>& runs) {
  Scanner scanner(text);
  std::vector<Value> elements;
  Value whole;
  if (scanner.next() == Kind::array) {
    whole = scanner.array([&] { elements.push_back(scanner.value()); });
  } else {
    whole = scanner.value();
  }
  if (scanner.ok()) scanner.finish();
  if (!scanner.ok()) return tl::unexpected<Error>(scanner.error());
  const bool is_one = elements.empty() ||
                      (elements.front().kind == Kind::object && is_message(elements.front().raw));
  if (is_one) {
    runs.push_back(whole.raw);
  } else {
    for (const Value& element : elements) runs.push_back(element.raw);
  }
  return {};
}

}  // namespace

Result<std::vector<std::string_view>> agent_runs(std::string_view log) {
  std::vector<std::string_view> runs;
  const Status as_one = add_runs(log, runs);
  if (as_one) return runs;
  runs.clear();
  std::string_view rest = log;
  std::size_t line = 0;
  while (const auto text = next_token(rest, '\n')) {
    ++line;
    if (trimmed(*text).empty()) continue;
    const Status added = add_runs(trimmed(*text), runs);
    if (added) continue;
    if (runs.empty()) return tl::unexpected<Error>(as_one.error());  // not by lines, either
    Error error = added.error();
    error.where = "line " + std::to_string(line) + ", " + error.where;
    return tl::unexpected<Error>(std::move(error));
  }
  if (runs.empty()) return tl::unexpected<Error>(as_one.error());
  return runs;
}

}  // namespace spillway
