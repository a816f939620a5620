#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "port/guest_link.h"
#include "wire/control_server.h"

namespace spillway {

/// GuestLink over the control socket: each question goes out on the connection that its tenant is
/// bound to and waits for the answer with the same number. ask() may be called from any number of
/// worker threads at once; everything else is the server's thread's.
class SocketGuestLink final : public GuestLink {
 public:
  /// `post` hands a line to a connection from any thread: ControlServer::post(). Called with a lock
  /// held, and never again after close().
  using Post = std::function<void(ConnectionId, std::string)>;
  explicit SocketGuestLink(Post post) : post_(std::move(post)) {}
  /// Every question must have ended; gone() for all connections sees to that.
  ~SocketGuestLink() override = default;

  Result<GuestReply> ask(const GuestRequest& request, TimePoint deadline) override;

  void bind(const std::string& tenant, ConnectionId connection);
  void unbind(const std::string& tenant);
  /// {"id","answer"} or {"id","error"} from `from`; answers nobody waits for are ignored, as are
  /// those of another connection than the one that was asked.
  void answered(ConnectionId from, const nlohmann::json& message);
  /// Whoever waits for this connection gets Errc::unavailable.
  void gone(ConnectionId connection);
  /// All of them; later questions fail at once. For the end of the daemon.
  void close();

 private:
  struct Waiting {
    ConnectionId connection = 0;
    std::optional<Result<GuestReply>> reply;
    std::condition_variable arrived;
  };

  Post post_;
  std::mutex mutex_;  // guards all below
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::map<std::string, ConnectionId> bound_;
  std::map<std::uint64_t, Waiting*> waiting_;  // on the stacks of those who ask
};

}  // namespace spillway
