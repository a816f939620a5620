#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/time.h"

namespace spillway {

/// The service manager's end, written to NOTIFY_SOCKET directly (sd_notify(3) defines the format);
/// without one every call does nothing. Datagrams that cannot be sent at once are left out.
class ServiceManager {
 public:
  /// `socket` and `watchdog_usec` are NOTIFY_SOCKET and WATCHDOG_USEC as they stand in the
  /// environment, null when they do not; `watchdog_pid` is WATCHDOG_PID, if that is someone else's
  /// there is no watchdog here.
  ServiceManager(const char* socket, const char* watchdog_usec, const char* watchdog_pid);
  static ServiceManager from_environment();

  void ready(std::string_view status);
  void reloading(TimePoint now, std::string_view status);
  void status(std::string_view text);
  void stopping();
  /// Tells that the loop is alive, when half of the watchdog's time has passed.
  void alive(TimePoint now);
  /// How long the loop may sleep without being taken for dead; none without a watchdog.
  std::optional<Duration> patience() const { return patience_; }

 private:
  void send(const std::string& message) const;

  std::string address_;  // empty: nobody to tell
  UniqueFd socket_;
  std::optional<Duration> patience_;  // half of what the manager allows
  TimePoint told_;
};

}  // namespace spillway
