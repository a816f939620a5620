#include <algorithm>
#include <chrono>
#include <utility>

#include "capi/error_classifier.h"
#include "capi/handles.h"
#include "capi/reply.h"
#include "capi/versioned.h"

using namespace spillway;

namespace {

std::string text(const char* from) { return from == nullptr ? std::string() : std::string(from); }

Result<std::vector<Variant>> read_variants(const spillway_tenant_options& raw) {
  const auto given = read_array(raw.variants, raw.variant_count);
  if (!given) return tl::unexpected(given.error());
  std::vector<Variant> variants;
  for (const spillway_variant& one : *given) {
    const auto holds = read_array(one.holds, one.holds_count);
    if (!holds) return tl::unexpected(holds.error());
    Variant& variant = variants.emplace_back();
    variant.name = text(one.name);
    for (const spillway_pool_bytes& part : *holds) {
      variant.bytes.push_back({PoolId{text(part.pool)}, Bytes{part.bytes}});
    }
  }
  return variants;
}

Result<TenantSpec> read_tenant(const spillway_tenant_options* options) {
  const auto raw = read_struct(options);
  if (!raw) return tl::unexpected(raw.error());
  auto variants = read_variants(*raw);
  if (!variants) return tl::unexpected(variants.error());

  TenantSpec spec;
  spec.name = text(raw->name);
  spec.pool = text(raw->pool);
  spec.bytes = Bytes{raw->bytes};
  spec.variants = std::move(*variants);
  if (raw->variant != nullptr) spec.variant = raw->variant;
  spec.priority = raw->priority;
  spec.pinned = raw->pinned != 0;
  spec.stop_allowed = raw->stop_allowed != 0;
  spec.idle_unload = std::chrono::milliseconds(
      std::clamp<std::int64_t>(raw->idle_unload_ms, -1, std::int64_t{365} * 86'400'000));
  spec.callbacks = std::make_unique<TenantCallbacks>();
  TenantCallbacks& call = *spec.callbacks;
  call.user = raw->user;
  call.trim = raw->trim;
  call.shrink = raw->shrink;
  call.offload = raw->offload;
  call.restore = raw->restore;
  call.release = raw->release;
  call.unload = raw->unload;
  call.preserve = raw->preserve;
  return spec;
}

}  // namespace

extern "C" {

int spillway_reply_change(spillway_reply* reply, const char* pool, int64_t delta) {
  return with(reply, [&](spillway_reply& r) {
    const bool own = pool == nullptr || *pool == 0;
    r.changes.emplace_back(own ? r.own_pool : std::string(pool), Bytes{delta});
    return int{SPILLWAY_OK};
  });
}

int spillway_reply_place(spillway_reply* reply, const char* place) {
  return with(reply, [&](spillway_reply& r) {
    if (place == nullptr) return report(SPILLWAY_E_INVALID, "a required argument is null");
    r.place = place;
    return int{SPILLWAY_OK};
  });
}

int spillway_reply_data(spillway_reply* reply, const void* data, size_t size) {
  return with(reply, [&](spillway_reply& r) {
    if (data == nullptr && size > 0) return report(SPILLWAY_E_INVALID, "the data are null");
    r.data.emplace(static_cast<const char*>(data), size);
    return int{SPILLWAY_OK};
  });
}

int spillway_reply_error(spillway_reply* reply, const char* words) {
  return with(reply, [&](spillway_reply& r) {
    r.error = text(words);
    return int{SPILLWAY_OK};
  });
}

int spillway_register(spillway_manager* manager, const spillway_tenant_options* options,
                      spillway_tenant** out) {
  return with(manager, [&](spillway_manager& m) {
    if (out == nullptr) return report(SPILLWAY_E_INVALID, "a required argument is null");
    *out = nullptr;
    auto spec = read_tenant(options);
    if (!spec) return report(spec.error());
    auto handle = std::make_unique<spillway_tenant>();
    TenantCallbacks* callbacks = spec->callbacks.get();
    auto guest = m.core->add(std::move(*spec));
    if (!guest) return report(guest.error());
    // From here on the library frees the user pointer, and not a moment before it is registered.
    callbacks->user_free = read_struct(options)->user_free;
    handle->guest = std::move(*guest);
    handle->manager = m.core;
    *out = handle.release();
    return int{SPILLWAY_OK};
  });
}

void spillway_unregister(spillway_tenant* tenant) {
  if (tenant == nullptr) return;
  at_the_border([&] {
    const std::unique_ptr<spillway_tenant> handle(tenant);
    if (const auto manager = handle->manager.lock()) manager->remove(handle->guest);
    return int{SPILLWAY_OK};
  });
}

const char* spillway_tenant_name(const spillway_tenant* tenant) {
  return tenant == nullptr ? "" : tenant->guest->name().c_str();
}

int spillway_pin(spillway_tenant* tenant) {
  return guarded_with(tenant, [](Guest& guest, Manager& manager) {
    return code_of(manager.set_pinned(guest.name(), true));
  });
}

int spillway_unpin(spillway_tenant* tenant) {
  return guarded_with(tenant, [](Guest& guest, Manager& manager) {
    return code_of(manager.set_pinned(guest.name(), false));
  });
}

int spillway_set_priority(spillway_tenant* tenant, int priority) {
  return guarded_with(tenant, [&](Guest& guest, Manager& manager) {
    return code_of(manager.set_priority(guest.name(), priority));
  });
}

int spillway_touch(spillway_tenant* tenant) {
  return with(tenant, [](spillway_tenant& handle) {
    handle.guest->touch();
    return int{SPILLWAY_OK};
  });
}

int spillway_set_bytes(spillway_tenant* tenant, const char* pool, int64_t bytes) {
  return with(tenant, [&](spillway_tenant& handle) {
    if (bytes < 0) return report(SPILLWAY_E_INVALID, "bytes are negative");
    const bool own = pool == nullptr || *pool == 0;
    handle.guest->set_bytes(own ? handle.guest->places().own() : PoolId{pool}, Bytes{bytes});
    return int{SPILLWAY_OK};
  });
}

int spillway_set_trimmable(spillway_tenant* tenant, int64_t bytes) {
  return guarded_with(tenant, [&](Guest& guest, Manager& manager) {
    if (bytes < SPILLWAY_UNKNOWN) return report(SPILLWAY_E_INVALID, "bytes are negative");
    const auto known = bytes < 0 ? std::nullopt : std::optional(Bytes{bytes});
    return code_of(manager.set_trimmable(guest.name(), known));
  });
}

int spillway_offload(spillway_tenant* tenant, int64_t timeout_ms) {
  return waiting_with(tenant, [&](Guest& guest, Manager& manager) {
    if (timeout_ms < 0) return report(SPILLWAY_E_INVALID, "a negative time");
    return code_of(manager.offload(guest.name(), from_ms(timeout_ms)));
  });
}

int spillway_restore(spillway_tenant* tenant, int64_t timeout_ms) {
  return waiting_with(tenant, [&](Guest& guest, Manager& manager) {
    if (timeout_ms < 0) return report(SPILLWAY_E_INVALID, "a negative time");
    return code_of(manager.restore(guest.name(), from_ms(timeout_ms)));
  });
}

int spillway_begin_request(spillway_tenant* tenant, spillway_request* request) {
  return with(tenant, [&](spillway_tenant& handle) {
    auto now = read_struct(request);
    if (!now) return report(now.error());
    Result<std::string> place = handle.guest->enter(now->use_cpu != 0);
    if (!place && place.error().code == Errc::not_found) {
      const auto manager = handle.manager.lock();
      const TimePoint soon = SystemClock().now() + 60s;
      const Status loaded = manager ? manager->load(*handle.guest)
                                    : handle.guest->load(handle.guest->places().home(), soon);
      if (!loaded) return report(loaded.error());
      place = handle.guest->enter(now->use_cpu != 0);
    }
    if (!place) {
      // It was unloaded again in this very moment: memory is that short.
      const bool gone = place.error().code == Errc::not_found;
      return gone ? report(SPILLWAY_E_UNAVAILABLE, "it was unloaded again before it could be used")
                  : report(place.error());
    }
    copy_text(now->place, *place);
    now->on_cpu = on_cpu(*place) ? 1 : 0;
    return code_of(write_struct(*now, request));
  });
}

int spillway_end_request(spillway_tenant* tenant, spillway_request* request) {
  return with(tenant, [&](spillway_tenant& handle) {
    (void)request;
    handle.guest->leave();
    return int{SPILLWAY_OK};
  });
}

int spillway_classify_error(const char* message) {
  if (message == nullptr) return SPILLWAY_ERROR_OTHER;
  return at_the_border([&] { return static_cast<int>(classify_error(message)); });
}

int spillway_handle_error(spillway_tenant* tenant, spillway_request* request, const char* message,
                          int kind) {
  return with(tenant, [&](spillway_tenant& handle) {
    if (kind < SPILLWAY_ERROR_CLASSIFY || kind > SPILLWAY_ERROR_STICKY) {
      return report(SPILLWAY_E_INVALID, "is none of SPILLWAY_ERROR_");
    }
    const auto manager = handle.manager.lock();
    if (!manager) return report(SPILLWAY_E_UNAVAILABLE, "its manager was destroyed");
    if (request == nullptr) {
      return manager->handle_error(*handle.guest, nullptr, text(message), kind);
    }
    auto now = read_struct(request);
    if (!now) return report(now.error());
    const int verdict = manager->handle_error(*handle.guest, &*now, text(message), kind);
    if (auto written = write_struct(*now, request); !written) return report(written.error());
    return verdict;
  });
}

int spillway_reset_errors(spillway_tenant* tenant) {
  return with(tenant, [](spillway_tenant& handle) {
    handle.guest->reset_errors();
    return int{SPILLWAY_OK};
  });
}

}  // extern "C"
