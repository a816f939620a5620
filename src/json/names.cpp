#include "json/names.h"

namespace spillway {

std::string_view name(Direction direction) {
  return direction == Direction::give ? "give" : "restore";
}

std::string_view name(StallResource resource) {
  switch (resource) {
    case StallResource::memory: return "memory";
    case StallResource::io: return "io";
    case StallResource::cpu: return "cpu";
  }
  return "memory";
}

std::string_view name(KernelEvent::Kind kind) {
  switch (kind) {
    case KernelEvent::Kind::oom_kill: return "oom_kill";
    case KernelEvent::Kind::cgroup_oom: return "cgroup_oom";
    case KernelEvent::Kind::xid: return "xid";
  }
  return "oom_kill";
}

std::string_view name(TenantChanged::What what) {
  switch (what) {
    case TenantChanged::What::registered: return "registered";
    case TenantChanged::What::updated: return "updated";
    case TenantChanged::What::unregistered: return "unregistered";
    case TenantChanged::What::lost: return "lost";
    case TenantChanged::What::quarantined: return "quarantined";
  }
  return "updated";
}

}  // namespace spillway
