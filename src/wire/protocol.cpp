#include "wire/protocol.h"

#include <array>
#include <nlohmann/json.hpp>

#include "json/writer.h"
#include "wire/base64.h"
#include "wire/fields.h"

namespace spillway {

using nlohmann::json;

namespace {

constexpr std::array kCodes{Errc::not_found,   Errc::denied,    Errc::invalid, Errc::unsupported,
                            Errc::unavailable, Errc::timed_out, Errc::io,      Errc::refused};

std::int64_t to_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// Milliseconds a peer wrote; a day at most, so that adding them to a clock cannot overflow.
Duration from_ms(std::int64_t ms) {
  constexpr std::int64_t kDay = 86'400'000;
  return std::chrono::milliseconds(ms < 0 ? 0 : ms > kDay ? kDay : ms);
}

constexpr const char* kExample = R"(write for example {"id":1,"method":"status"} on one line)";

}  // namespace

Result<json> parse_message(std::string_view line, const ParseLimits& limits) {
  auto message = parse_document(line, limits);
  if (!message) {
    message.error().hint = kExample;
    return message;
  }
  if (!message->is_object()) return fail(Errc::invalid, "not a JSON object", {}, kExample);
  return message;
}

std::string request_line(std::uint64_t id, std::string_view method, std::string_view params) {
  JsonWriter head;
  head.begin_object();
  head.member("id", id);
  head.member("method", method);
  std::string line = head.take();
  line += R"(,"params":)";
  line += params;
  line += "}\n";
  return line;
}

std::string answer_line(std::string_view id, const Result<std::string>& answer) {
  std::string line = R"({"id":)";
  line += id;
  line += answer ? R"(,"result":)" : R"(,"error":)";
  line += answer ? *answer : error_text(answer.error());
  line += "}\n";
  return line;
}

std::string event_line(std::string_view event) {
  std::string line = R"({"event":)";
  line += event;
  line += "}\n";
  return line;
}

std::string error_text(const Error& error) {
  JsonWriter out;
  out.begin_object();
  out.member("code", name(error.code));
  out.member("message", error.where.empty() ? error.what : error.where + ": " + error.what);
  if (!error.hint.empty()) out.member("hint", error.hint);
  out.end_object();
  return out.take();
}

Error error_of(const json& error) {
  Error out{
      Errc::io, text_or(error, "message", "the peer gave no reason"), {}, text_or(error, "hint")};
  const std::string code = text_or(error, "code");
  for (const Errc known : kCodes) {
    if (code == name(known)) out.code = known;
  }
  return out;
}

std::string ask_line(std::uint64_t id, const GuestRequest& request, Duration within) {
  JsonWriter line;
  line.begin_object();
  line.member("id", id);
  line.key("ask");
  line.begin_object();
  line.member("tenant", request.tenant);
  line.member("verb", request.verb);
  if (!request.detail.empty()) line.member("detail", request.detail);
  line.member("bytes", request.bytes);
  line.member("reason", request.reason);
  line.member("deadline_ms", to_ms(within));
  line.end_object();
  line.end_object();
  return line.take() + '\n';
}

Result<Ask> ask_of(const json& message) {
  const auto id = u64_of(message, "id");
  const json* ask = member(message, "ask");
  if (!id || ask == nullptr || !ask->is_object()) return fail(Errc::invalid, "not a question");
  Ask out;
  out.id = *id;
  out.request = {text_or(*ask, "tenant"), text_or(*ask, "verb"), text_or(*ask, "detail"),
                 Bytes{i64_of(*ask, "bytes").value_or(0)}, text_or(*ask, "reason")};
  out.within = from_ms(i64_of(*ask, "deadline_ms").value_or(0));
  if (out.request.verb.empty()) return fail(Errc::invalid, "a question without a verb");
  return out;
}

std::string ask_answer_line(std::uint64_t id, const Result<GuestReply>& reply) {
  const std::string number = std::to_string(id);
  if (!reply) return answer_line(number, tl::unexpected(reply.error()));
  JsonWriter line;
  line.begin_object();
  line.member("id", id);
  line.key("answer");
  line.begin_object();
  line.key("changes");
  line.begin_array();
  for (const auto& [pool, delta] : reply->changes) {
    line.begin_object();
    line.member("pool", pool);
    line.member("delta_bytes", delta);
    line.end_object();
  }
  line.end_array();
  if (!reply->detail.empty()) line.member("detail", reply->detail);
  line.member("pause_ms", to_ms(reply->pause));
  if (!reply->data.empty()) line.member("data_base64", to_base64(reply->data));
  line.end_object();
  line.end_object();
  return line.take() + '\n';
}

Result<GuestReply> guest_reply_of(const json& answer) {
  if (!answer.is_object()) return fail(Errc::invalid, "the guest's answer is not an object");
  GuestReply out;
  out.detail = text_or(answer, "detail");
  out.pause = from_ms(i64_of(answer, "pause_ms").value_or(0));
  if (const auto text = text_of(answer, "data_base64")) {
    auto data = from_base64(*text);
    if (!data) return fail(Errc::invalid, "data_base64 is not base64");
    out.data = std::move(*data);
  }
  const json* changes = member(answer, "changes");
  if (changes == nullptr) return out;
  if (!changes->is_array()) return fail(Errc::invalid, "changes is not a list");
  for (const json& change : *changes) {
    const std::string pool = text_or(change, "pool");
    const auto delta = i64_of(change, "delta_bytes");
    if (pool.empty() || !delta) {
      return fail(Errc::invalid, "a change needs pool and delta_bytes");
    }
    out.changes.emplace_back(pool, Bytes{*delta});
  }
  return out;
}

}  // namespace spillway
