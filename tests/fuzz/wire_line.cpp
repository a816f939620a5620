// A peer's bytes on the control socket: cut into lines however they arrive, and read as messages.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "wire/line_codec.h"
#include "wire/protocol.h"

namespace spillway::fuzz {
namespace {

constexpr std::size_t kLongestLine = 4096;

std::vector<std::string> lines(std::string_view bytes, std::size_t piece) {
  LineBuffer buffer(kLongestLine);
  std::vector<std::string> all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (!buffer.append(bytes.substr(0, piece))) return all;
    while (buffer.ready()) all.emplace_back(buffer.next().value());
    must(!buffer.next());
  }
  return all;
}

std::string body(std::string line) {
  must(line.find('\n') == line.size() - 1);
  line.pop_back();
  return line;
}

void message(std::string_view line) {
  const auto parsed = parse_message(line, kRequestLimits);
  if (!parsed)
    return must(parse_message(body(answer_line("1", tl::unexpected(parsed.error()))), kAnswerLimits)
                    .has_value());
  must(parsed->is_object());
  (void)error_of(*parsed);
  if (const auto ask = ask_of(*parsed)) {
    const std::string written = ask_line(ask->id, ask->request, ask->within);
    const auto again = ask_of(parse_message(body(written), kRequestLimits).value());
    must(again && ask_line(again->id, again->request, again->within) == written);
  }
  if (const auto reply = guest_reply_of(*parsed)) {
    const std::string written = ask_answer_line(1, *reply);
    const auto whole = parse_message(body(written), kAnswerLimits).value();
    must(ask_answer_line(1, guest_reply_of(whole.at("answer"))) == written);
  }
}

void wire_line(std::string_view bytes) {
  const std::size_t piece = std::size_t{1} + take_choice(bytes);
  const std::vector<std::string> in_pieces = lines(bytes, piece);
  if (bytes.size() <= kLongestLine) must(in_pieces == lines(bytes, kLongestLine));
  for (const std::string& line : in_pieces) message(line);
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::wire_line)
