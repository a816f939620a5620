#include "wire/control_client.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/version.h"
#include "json/writer.h"
#include "wire/fields.h"
#include "wire/protocol.h"
#include "wire/unix_socket.h"

namespace spillway {

using nlohmann::json;

namespace {

constexpr std::size_t kEventsKept = 1000;
TimePoint now() { return SystemClock().now(); }

int weight(Errc code) {
  return code == Errc::denied ? 3 : code == Errc::timed_out ? 2 : code == Errc::not_found ? 0 : 1;
}

}  // namespace

Result<ControlClient> ControlClient::connect(const std::vector<std::string>& sockets,
                                             Duration timeout) {
  Error worst{Errc::not_found, "no daemon", {}, "start spillwayd, or name its socket"};
  std::string tried;
  for (const std::string& path : sockets) {
    auto fd = connect_unix(path, timeout);
    if (fd) return ControlClient(LineStream(std::move(*fd), kLongestAnswer), path);
    tried += (tried.empty() ? "" : "; ") + to_string(fd.error());
    if (weight(fd.error().code) > weight(worst.code)) worst.code = fd.error().code;
  }
  if (!tried.empty()) worst.what += ": " + tried;
  if (worst.code == Errc::denied) worst.hint = "this program may not open the socket";
  return tl::unexpected(std::move(worst));
}

Result<json> ControlClient::hello(std::string_view program, Duration timeout) {
  JsonWriter params;
  params.begin_object();
  params.member("protocol", kProtocol);
  params.member("program", program);
  params.member("version", kVersion);
  params.end_object();
  auto answer = call("hello", params.text(), timeout);
  if (answer && i64_of(*answer, "protocol") != kProtocol) {
    return fail(Errc::unsupported, "the daemon speaks another protocol than this program", path_,
                "install the same version of both, and restart spillwayd");
  }
  return answer;
}

Result<json> ControlClient::next_message(TimePoint deadline) {
  auto line = stream_.read(deadline - now());
  if (line) return parse_message(*line, kAnswerLimits);
  line.error().where = path_;
  return tl::unexpected(std::move(line.error()));
}

Result<json> ControlClient::call(std::string_view method, std::string_view params,
                                 Duration timeout) {
  const TimePoint deadline = now() + timeout;
  const std::uint64_t id = ++last_id_;
  if (auto sent = stream_.write(request_line(id, method, params), timeout); !sent) {
    sent.error().where = path_;
    return tl::unexpected(std::move(sent.error()));
  }
  while (true) {
    auto message = next_message(deadline);
    if (!message) return message;
    if (const json* event = member(*message, "event")) {
      if (events_.size() >= kEventsKept) events_.erase(events_.begin());
      events_.push_back(event->dump());
      continue;
    }
    // An answer to an earlier call that had timed out, or a question: not ours. An error without
    // an id is about the connection itself.
    const auto answered = u64_of(*message, "id");
    const json* error = member(*message, "error");
    if (answered ? *answered != id : error == nullptr) continue;
    if (error != nullptr) return tl::unexpected(error_of(*error));
    if (message->contains("result")) return std::move((*message)["result"]);
  }
}

Result<json> ControlClient::next_event(Duration timeout) {
  if (!events_.empty()) {
    json event = json::parse(events_.front(), nullptr, false);
    events_.erase(events_.begin());
    return event;
  }
  const TimePoint deadline = now() + timeout;
  while (true) {
    auto message = next_message(deadline);
    if (!message) return message;
    if (message->contains("event")) return std::move((*message)["event"]);
  }
}

}  // namespace spillway
