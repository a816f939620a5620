#include <array>
#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/writer.h"
#include "methods.h"
#include "wire/fields.h"

namespace spillway::methods {

using nlohmann::json;

namespace {

constexpr std::size_t kMostTenantsPerUser = 256;  // of users who do not operate

/// What a program may change of its tenant; everything else is fixed at registration, measured, or
/// the operators'.
constexpr std::array kChangeable{"priority", "stop_allowed", "abilities",       "variants",
                                 "variant",  "holds",        "trimmable_bytes", "last_used_ns",
                                 "busy",     "taken"};

}  // namespace

Answer tenant_register(Services& services, const Call& call) {
  const json* description = member(call.params, "tenant");
  if (description == nullptr) {
    return fail(Errc::invalid, "needs a description of the tenant in \"tenant\"", {},
                R"(write for example {"tenant":{"id":"stt","abilities":{"trim":true}}})");
  }
  auto claimed = from_json<Tenant>(*description);
  if (!claimed) return tl::unexpected(claimed.error());
  const bool operates = services.rights.operates(call.peer);
  auto tenant =
      services.claims.check(std::move(*claimed), call.peer, operates, services.clock.now());
  if (!tenant) return tl::unexpected(tenant.error());
  if (!operates && services.tenants.count(tenant->uid) >= kMostTenantsPerUser) {
    return fail(Errc::refused, "this user has as many tenants as one may have", {},
                "at most " + std::to_string(kMostTenantsPerUser));
  }
  apply_rules(services.settings.tenants, *tenant);
  const TenantId id = services.tenants.add(std::move(*tenant), call.to.connection);
  const Tenant* added = services.tenants.find(id.text);
  JsonWriter out;
  out.begin_object();
  out.member("tenant", id.text);
  out.member("taken", added == nullptr ? std::size_t{0} : added->taken.size());
  out.end_object();
  return out.take();
}

Answer tenant_update(Services& services, const Call& call) {
  const auto tenant = touchable(services, call, "update");
  if (!tenant) return tl::unexpected(tenant.error());
  // Changing the document and reading it back checks every member as registration does.
  json document = to_json(*tenant);
  for (const char* key : kChangeable) {
    if (const auto found = call.params.find(key); found != call.params.end()) {
      document[key] = *found;
    }
  }
  auto changed = from_json<Tenant>(document);
  if (!changed) return tl::unexpected(changed.error());
  if (auto good = check_amounts(*changed); !good) return tl::unexpected(good.error());
  services.engine.update(tenant->id, [&](Tenant& known) { known = std::move(*changed); });
  return std::string("{}");
}

Answer tenant_touch(Services& services, const Call& call) {
  const auto tenant = touchable(services, call, "touch");
  if (!tenant) return tl::unexpected(tenant.error());
  const auto busy = bool_of(call.params, "busy");
  const TimePoint now = services.clock.now();
  const auto used = i64_of(call.params, "last_used_ns");
  services.engine.update(tenant->id, [&](Tenant& known) {
    known.last_used = used ? std::min(TimePoint(Duration(*used)), now) : now;
    if (busy) known.busy = *busy;
  });
  return std::string("{}");
}

Answer tenant_unregister(Services& services, const Call& call) {
  const auto tenant = touchable(services, call, "unregister");
  if (!tenant) return tl::unexpected(tenant.error());
  services.tenants.remove(tenant->id, "its program has unregistered it");
  return std::string("{}");
}

}  // namespace spillway::methods
