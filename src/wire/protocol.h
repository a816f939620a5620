#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/parse.h"
#include "port/guest_link.h"

namespace spillway {

/// The control protocol, docs/protocol.md: one JSON object per line over a Unix stream socket.
/// Pure; any thread. Members that a reader does not know are ignored, in both directions.
inline constexpr int kProtocol = 1;
inline constexpr std::size_t kLongestRequest = std::size_t{1} << 20;
inline constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

/// Any local user may send requests; a client trusts its daemon with what fits into an answer.
inline constexpr ParseLimits kRequestLimits{32, 20'000};
inline constexpr ParseLimits kAnswerLimits{64, kLongestAnswer};

/// Parses one line, which must be a JSON object. Errors: Errc::invalid with what is wrong.
Result<nlohmann::json> parse_message(std::string_view line, const ParseLimits& limits);

/// Lines, ended by '\n'. `params`, `id` (that of the request), `answer` and `event` are JSON texts.
std::string request_line(std::uint64_t id, std::string_view method, std::string_view params);
std::string answer_line(std::string_view id, const Result<std::string>& answer);
std::string event_line(std::string_view event);

/// {"code","message","hint"}; the place, where there is one, is part of the message.
std::string error_text(const Error& error);
Error error_of(const nlohmann::json& error);

/// The question a daemon asks its guest, and the guest's answer to it.
std::string ask_line(std::uint64_t id, const GuestRequest& request, Duration within);
struct Ask {
  std::uint64_t id = 0;
  GuestRequest request;
  Duration within{};  // answer within this time
};
Result<Ask> ask_of(const nlohmann::json& message);
std::string ask_answer_line(std::uint64_t id, const Result<GuestReply>& reply);
Result<GuestReply> guest_reply_of(const nlohmann::json& answer);

}  // namespace spillway
