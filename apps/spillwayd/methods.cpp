#include "methods.h"

#include <array>
#include <nlohmann/json.hpp>

#include "wire/fields.h"

namespace spillway {
namespace {

constexpr std::array kMethods{
    Method{"hello", &methods::hello},
    Method{"subscribe", &methods::subscribe},
    Method{"status", &methods::status},
    Method{"ps", &methods::ps},
    Method{"levels", &methods::levels},
    Method{"why", &methods::why},
    Method{"tenant.register", &methods::tenant_register},
    Method{"tenant.update", &methods::tenant_update},
    Method{"tenant.touch", &methods::tenant_touch},
    Method{"tenant.unregister", &methods::tenant_unregister},
    Method{"offload", &methods::offload},
    Method{"restore", &methods::restore},
    Method{"free", &methods::free},
    Method{"pin", &methods::pin},
    Method{"unpin", &methods::unpin},
    Method{"config.show", &methods::config_show},
    Method{"config.reload", &methods::config_reload},
    Method{"preserve.put", &methods::preserve_put},
    Method{"preserve.get", &methods::preserve_get},
};

}  // namespace

std::string preserve_key(uid_t uid, std::string_view tenant) {
  return std::to_string(uid) + "/" + std::string(tenant);
}

Answer run_method(Services& services, std::string_view method, const Call& call) {
  for (const Method& known : kMethods) {
    if (known.name != method) continue;
    Answer answer = known.run(services, call);
    if (answer && !*answer && answer->error().code == Errc::denied) {
      services.log.write(Severity::warning, "refused " + std::string(method) + " to pid " +
                                                std::to_string(call.peer.pid) + ": " +
                                                answer->error().what);
    }
    return answer;
  }
  std::string all;
  for (const Method& known : kMethods) all += (all.empty() ? "" : ", ") + std::string(known.name);
  return fail(Errc::not_found, "no such method", std::string(method.substr(0, 100)),
              "there are " + all);
}

Result<Tenant> methods::touchable(Services& services, const Call& call, std::string_view verb) {
  const std::string id = text_or(call.params, "tenant");
  if (id.empty()) return fail(Errc::invalid, "needs the name of a tenant in \"tenant\"");
  const Tenant* tenant = services.tenants.find(id);
  if (tenant == nullptr) {
    return fail(Errc::not_found, "there is no such tenant", id, "spillway ps lists them");
  }
  const auto allowed =
      services.rights.require(call.peer, tenant->uid, std::string(verb) + " " + id);
  if (!allowed) return tl::unexpected(allowed.error());
  return *tenant;
}

}  // namespace spillway
