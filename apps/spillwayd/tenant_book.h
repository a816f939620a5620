#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "wire/socket_guest_link.h"

namespace spillway {

/// Which connection speaks for which tenant. A tenant whose connection ends is kept as not connected
/// for a grace, so that a client that comes back finds itself as it was, and removed afterwards.
/// Engine's thread.
class TenantBook {
 public:
  TenantBook(Engine& engine, SocketGuestLink& guests, Duration grace = 30s)
      : engine_(engine), guests_(guests), grace_(grace) {}

  /// Adds the tenant for this connection and returns its id. One that the same process had
  /// registered under that name over another connection is taken over: the daemon had not heard
  /// that it ended. A name that another user's tenant has left behind is not: the id becomes
  /// "NAME@UID".
  TenantId add(Tenant tenant, ConnectionId connection);
  void remove(const TenantId& id, const std::string& reason);
  /// The engine knows it no more (its process has ended).
  void forget(const TenantId& id);
  /// The connection has ended.
  void lost(ConnectionId connection, TimePoint now);
  /// Removes those whose grace is over; returns when the next one's is.
  std::optional<TimePoint> expire(TimePoint now);

  const Tenant* find(const std::string& id) const;
  /// How many of this user there are, connected or not.
  std::size_t count(uid_t uid) const;

 private:
  struct Entry {
    ConnectionId connection = 0;
    std::optional<TimePoint> until;  // set while not connected
  };
  std::string free_name(const Tenant& tenant) const;
  void disconnect(const TenantId& id, Entry& entry, TimePoint until);

  Engine& engine_;
  SocketGuestLink& guests_;
  const Duration grace_;
  std::map<TenantId, Entry> entries_;
};

}  // namespace spillway
