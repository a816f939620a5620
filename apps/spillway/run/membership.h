#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "model/tenant.h"
#include "wire/guest_session.h"

namespace spillway {

/// Keeps one tenant registered with the daemon for as long as it lives: the connection stays open,
/// and is made again when the daemon was restarted or starts later. One thread.
class Membership {
 public:
  Membership(std::vector<std::string> sockets, Tenant tenant)
      : sockets_(std::move(sockets)), tenant_(std::move(tenant)) {}
  /// Takes leave, so that the daemon does not wait for us to come back.
  ~Membership();
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  /// Registers. Blocks a second or two at most, on a daemon that hangs. Errc::denied or
  /// Errc::invalid is the daemon's word about this tenant and will not change.
  Status join(TimePoint now);

  /// Readable when the connection is lost: call lost().
  int fd() const { return news_.get(); }
  void lost(TimePoint now);
  /// When to call join() again; none while joined, or when it is of no use.
  std::optional<TimePoint> next_try() const { return next_try_; }
  bool joined() const { return session_ != nullptr; }
  /// As the daemon calls the tenant ("stt#2").
  const std::string& name() const { return tenant_.id.text; }

 private:
  Status try_join();

  std::vector<std::string> sockets_;
  Tenant tenant_;
  UniqueFd news_;  // an eventfd, written by the session's reader thread
  Duration patience_ = 1s;
  std::optional<TimePoint> next_try_;
  std::unique_ptr<GuestSession> session_;
};

}  // namespace spillway
