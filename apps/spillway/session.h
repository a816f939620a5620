#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "console.h"
#include "model/status.h"
#include "wire/control_client.h"

namespace spillway {

/// Why a verb ends without its answer.
struct Failure {
  ExitCode code = ExitCode::failure;
  Error error;
};

template <class T>
using Answer = tl::expected<T, Failure>;

/// Tells the failure; returns its code.
ExitCode tell(const Console& console, const Failure& failure);

/// A connection to the daemon: the one that was named, else the user's, else the system's.
class Session {
 public:
  /// ExitCode::no_daemon with the command that starts one; ExitCode::refused when the socket may not
  /// be opened.
  static Answer<Session> open(const Global& global);

  /// `params`: a JSON object's text. The daemon's errors by exit_code(); ExitCode::no_daemon when it
  /// goes away meanwhile, ExitCode::not_in_time when it does not answer.
  Answer<nlohmann::json> call(std::string_view method, const std::string& params,
                              Duration within = 5s);
  /// The latest look; with `owners` one that has scanned the processes.
  Answer<StatusReport> status(bool owners);

 private:
  explicit Session(ControlClient client) : client_(std::move(client)) {}
  ControlClient client_;
};

/// Where figures come from: the daemon where one answers, else this process looks by itself.
/// The report's `source` tells which.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  virtual Answer<StatusReport> look(bool owners) = 0;
};
/// `rates`: whether growth and stalls are wanted, for which a process of its own has to look twice.
Answer<std::unique_ptr<StatusSource>> open_status(const Global& global, bool rates = true);

/// What to say of a report that no daemon made.
std::string no_daemon_hint(const Global& global);

}  // namespace spillway
