#pragma once

#include <memory>

#include "capi/errors.h"
#include "capi/manager.h"
#include "spillway/spillway.h"

struct spillway_manager {
  std::shared_ptr<spillway::Manager> core;
};

struct spillway_tenant {
  std::shared_ptr<spillway::Guest> guest;
  std::weak_ptr<spillway::Manager> manager;  // gone when its program destroyed that first
};

namespace spillway {

/// `body(*handle)` at the border, or SPILLWAY_E_INVALID for a null handle.
template <class Handle, class Body>
int with(Handle* handle, Body&& body) noexcept {
  if (handle == nullptr) return report(SPILLWAY_E_INVALID, "a required handle is null");
  return at_the_border([&] { return body(*handle); });
}

/// As with(), for calls that wait for a step: SPILLWAY_E_BUSY inside a callback of that manager.
template <class Body>
int waiting_with(spillway_manager* manager, Body&& body) noexcept {
  return with(manager, [&](spillway_manager& handle) {
    if (handle.core->inside_callback()) {
      return report(SPILLWAY_E_BUSY, "inside a callback of this manager it would wait for itself");
    }
    return body(*handle.core);
  });
}

/// `body(guest, manager)`; SPILLWAY_E_UNAVAILABLE when the manager is gone.
template <class Body>
int guarded_with(spillway_tenant* tenant, Body&& body) noexcept {
  return with(tenant, [&](spillway_tenant& handle) {
    const auto manager = handle.manager.lock();
    if (!manager) return report(SPILLWAY_E_UNAVAILABLE, "its manager was destroyed");
    return body(*handle.guest, *manager);
  });
}

template <class Body>
int waiting_with(spillway_tenant* tenant, Body&& body) noexcept {
  return guarded_with(tenant, [&](Guest& guest, Manager& manager) {
    if (manager.inside_callback()) {
      return report(SPILLWAY_E_BUSY, "inside a callback of this manager it would wait for itself");
    }
    return body(guest, manager);
  });
}

inline Duration from_ms(std::int64_t ms) {
  constexpr Duration kLongest = 24h;
  return ms > kLongest / 1ms ? kLongest : Duration(std::chrono::milliseconds(ms));
}

}  // namespace spillway
