#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/protocol.h"

namespace spillway {

/// What a session tells its owner. Called on the session's reader thread, with no lock held; must
/// not block for long and must not call GuestSession::call() (nothing would read its answer): hand
/// the work to a thread of your own.
struct GuestCallbacks {
  std::function<void(const Ask&)> on_ask;  // answer it with GuestSession::answer(), any thread
  std::function<void(const nlohmann::json&)> on_event;
  std::function<void(const Error&)> on_lost;  // the last call; connecting again is the owner's
};

/// The end of a program that has joined the daemon: one connection, a reader thread of its own
/// (64 KiB stack touched at most), calls from any thread, questions and events by callback.
class GuestSession {
 public:
  /// Connects as ControlClient::connect() and says hello. Blocks up to `timeout`.
  static Result<std::unique_ptr<GuestSession>> open(const std::vector<std::string>& sockets,
                                                    std::string_view program,
                                                    GuestCallbacks callbacks, Duration timeout);
  /// Open calls end with Errc::unavailable; waits for a callback that is running, unless it is
  /// called from one. No callback comes afterwards.
  ~GuestSession();
  GuestSession(const GuestSession&) = delete;
  GuestSession& operator=(const GuestSession&) = delete;

  /// `params` is a JSON object's text. Any thread but the reader's. Errc::unavailable when the daemon is gone.
  Result<nlohmann::json> call(std::string_view method, std::string_view params, Duration timeout);
  /// The answer to a question. Any thread. Does nothing when the daemon is gone.
  void answer(std::uint64_t ask, const Result<GuestReply>& reply);
  bool alive() const;

 private:
  struct State;
  explicit GuestSession(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace spillway
