#pragma once

#include "base/result.h"
#include "base/time.h"
#include "model/tenant.h"
#include "port/cgroup_fs.h"
#include "wire/unix_socket.h"

namespace spillway {

/// What a program says of itself when it registers, held against what the kernel says. The tenant
/// given back has its process identified, its user and its times set; Errc::invalid names what
/// makes no sense in it, Errc::denied what is not the peer's to claim.
class Claims {
 public:
  /// `groups`: null where there are no cgroups; then no tenant has a scope of its own.
  explicit Claims(const CgroupFs* groups) : groups_(groups) {}

  /// `operates`: may register processes of other users (Rights::operates). Reads files of /proc.
  Result<Tenant> check(Tenant claimed, const Peer& peer, bool operates, TimePoint now) const;

 private:
  Status identify(Tenant& tenant, const Peer& peer, bool operates) const;

  const CgroupFs* groups_;
};

/// Names are for people, logs and file names: 1 to 100 bytes, no control characters.
Status check_name(const std::string& name);
/// What a tenant may say of its memory, at registration and later: amounts that are none, and more
/// of them than make sense, are Errc::invalid.
Status check_amounts(const Tenant& tenant);

}  // namespace spillway
