#include "session.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "wire/socket_path.h"

namespace spillway {
namespace {

constexpr Duration kConnectWithin = 2s;

std::string how_to_start(const Global& global) {
  const auto sockets = client_sockets(socket_place(), global.socket);
  if (sockets.size() == 1) return "start one there: spillwayd --socket " + sockets.front();
  return ::getuid() == 0 ? "start one: systemctl start spillwayd (or spillwayd in a terminal)"
                         : "start one of your own: spillwayd; for everybody: "
                           "sudo systemctl start spillwayd";
}

constexpr const char* kGroupHint =
    "join the group: sudo usermod -aG spillway \"$USER\", then log in again";

Failure failure_of_connect(Error error, const Global& global) {
  switch (error.code) {
    case Errc::denied: error.hint = kGroupHint; return {ExitCode::refused, std::move(error)};
    case Errc::timed_out: return {ExitCode::not_in_time, std::move(error)};
    case Errc::unsupported: return {ExitCode::failure, std::move(error)};
    default: break;
  }
  error.hint = how_to_start(global);
  return {ExitCode::no_daemon, std::move(error)};
}

}  // namespace

ExitCode tell(const Console& console, const Failure& failure) {
  console.tell(failure.error);
  return failure.code;
}

Answer<Session> Session::open(const Global& global) {
  auto client =
      ControlClient::connect(client_sockets(socket_place(), global.socket), kConnectWithin);
  if (!client) return tl::unexpected(failure_of_connect(std::move(client.error()), global));
  if (auto known = client->hello("spillway", kConnectWithin); !known) {
    return tl::unexpected(failure_of_connect(std::move(known.error()), global));
  }
  return Session(std::move(*client));
}

Answer<nlohmann::json> Session::call(std::string_view method, const std::string& params,
                                     Duration within) {
  auto answer = client_.call(method, params, within);
  if (answer) return std::move(*answer);
  Error error = std::move(answer.error());
  const bool connection = error.where == client_.path();
  if (connection && error.code == Errc::unavailable) {
    error.what = "the daemon went away before it answered";
    return tl::unexpected(Failure{ExitCode::no_daemon, std::move(error)});
  }
  if (error.code == Errc::denied && error.hint.empty()) error.hint = kGroupHint;
  const ExitCode code = exit_code(error.code);
  return tl::unexpected(Failure{code, std::move(error)});
}

Answer<StatusReport> Session::status(bool owners) {
  const nlohmann::json params{{"owners", owners}};
  auto answer = call("status", params.dump());
  if (!answer) return tl::unexpected(answer.error());
  auto report = from_json<StatusReport>(*answer);
  if (!report) return tl::unexpected(Failure{ExitCode::failure, report.error()});
  return std::move(*report);
}

std::string no_daemon_hint(const Global& global) {
  return "no daemon runs, so nothing is guarded; " + how_to_start(global);
}

}  // namespace spillway
