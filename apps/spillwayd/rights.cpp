#include "rights.h"

#include <grp.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace spillway {
namespace {

std::optional<gid_t> group_id(std::string_view name, const std::string& file) {
  const std::unique_ptr<FILE, int (*)(FILE*)> groups(std::fopen(file.c_str(), "re"), &std::fclose);
  if (!groups) return std::nullopt;
  while (const group* entry = ::fgetgrent(groups.get())) {
    if (name == entry->gr_name) return entry->gr_gid;
  }
  return std::nullopt;
}

}  // namespace

Rights Rights::of_this_process(std::string_view group, const std::string& file) {
  return {::geteuid(), std::string(group), group_id(group, file)};
}

bool Rights::operates(const Peer& peer) const {
  return peer.uid == 0 || peer.uid == daemon_ || (operators_ && peer.in_group(*operators_));
}

Status Rights::require(const Peer& peer, uid_t owner, const std::string& what) const {
  if (peer.uid == owner) return {};
  auto allowed = require_operator(peer, what);
  if (!allowed) allowed.error().what += ", it belongs to user " + std::to_string(owner);
  return allowed;
}

Status Rights::require_operator(const Peer& peer, const std::string& what) const {
  if (operates(peer)) return {};
  return fail(Errc::denied, "user " + std::to_string(peer.uid) + " may not " + what, {},
              operators_ ? "use sudo, or join the group: sudo usermod -aG " + group_ +
                               " USER, then log in again"
                         : "use sudo; there is no group '" + group_ +
                               "' here (sudo groupadd --system " + group_ + " makes it)");
}

}  // namespace spillway
