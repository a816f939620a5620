#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/unix_socket.h"

namespace spillway {

/// Never used twice by one server, so a late answer cannot reach a stranger.
using ConnectionId = std::uint64_t;

/// Where the answer to one request goes. Plain data: may be kept and used later.
struct ReplyTo {
  ConnectionId connection = 0;
  std::string id;  // the request's, as JSON text
};

struct ControlServerOptions {
  std::string path;
  std::size_t max_connections = 512;
  std::size_t max_per_user = 256;  // root is not counted
  std::size_t longest_line = 1 << 20;
  std::size_t max_queued = 4 << 20;  // unread answers and events of one peer
  std::size_t max_held = 32 << 20;   // queues and half lines of all peers together
};

struct ControlServerCounters {
  std::uint64_t accepted = 0, requests = 0;
  std::uint64_t refused_full = 0;  // too many connections
  std::uint64_t dropped_slow = 0;  // did not read what was sent to it
  std::uint64_t dropped_line = 0;  // sent a line without end
};

/// What the server tells its owner; all calls come from serve(), on its thread.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  /// Answer now or later with ControlServer::reply(); exactly once.
  virtual void on_request(const ReplyTo& to, const Peer& peer, const std::string& method,
                          const nlohmann::json& params) = 0;
  /// The answer to a question that was sent with send(): {"id", "answer" or "error"}.
  virtual void on_answer(ConnectionId from, const nlohmann::json& message) = 0;
  /// Gone, for whatever reason; `why` is for the log ("closed", "does not read ...").
  virtual void on_close(ConnectionId connection, const Peer& peer, std::string_view why) = 0;
};

/// The daemon's end of the control socket: single-threaded, never blocking, everything bounded.
/// Rights are the handler's business. One thread calls everything but post().
class ControlServer {
 public:
  /// Errors as listen_unix().
  static Result<std::unique_ptr<ControlServer>> open(ControlServerOptions options,
                                                     ControlHandler& handler);
  /// Removes the socket if it is still the one that was made here.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Readable when serve() has something to do.
  int poll_fd() const;
  /// Accepts, reads, answers and writes what can be done at once, a bounded amount per peer.
  void serve();

  /// The answer is JSON text, on one line.
  void reply(const ReplyTo& to, const Result<std::string>& answer);
  /// A line of the protocol (ended by '\n'). False: the peer is gone, or is now for not reading.
  bool send(ConnectionId to, std::string_view line);
  /// The same from any thread; sent by the next serve().
  void post(ConnectionId to, std::string line);
  /// Closes; on_close is called with `why` from the next serve().
  void drop(ConnectionId connection, std::string why);

  std::size_t connections() const;
  const ControlServerCounters& counters() const;

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
