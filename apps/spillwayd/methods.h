#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "act/preserve_store.h"
#include "act/refuse.h"
#include "claims.h"
#include "record/ring.h"
#include "rights.h"
#include "settings.h"
#include "subscribers.h"
#include "tenant_book.h"
#include "wire/control_server.h"

namespace spillway {

/// What the methods of the control socket work on. All on the engine's thread.
struct Services {
  Engine& engine;
  ControlServer& server;
  TenantBook& tenants;
  Subscribers& subscribers;
  const Rights& rights;
  const Claims& claims;
  PreserveStore& preserve;
  const Refusals& refusals;
  const EventRing& recent;
  const Clock& clock;
  Log& log;
  const Settings& settings;
  bool user_mode;
  /// Looks at once, and runs the function after that look.
  std::function<void(std::function<void()>)> after_look;
  /// Reads the configuration again; the old one stays where the new one is bad.
  std::function<Status()> reload;
  /// Runs what blocks on the disk elsewhere; the second function then runs on this thread.
  std::function<void(std::function<Result<std::string>()>,
                     std::function<void(Result<std::string>)>)>
      on_disk;
};

struct Call {
  const ReplyTo& to;
  const Peer& peer;
  const nlohmann::json& params;
};

/// JSON text or an Error; nullopt: it comes later, through ControlServer::reply().
using Answer = std::optional<Result<std::string>>;

struct Method {
  std::string_view name;
  Answer (*run)(Services&, const Call&);
};

/// State belongs to a user and a name: nobody is handed that of somebody who had the name before.
std::string preserve_key(uid_t uid, std::string_view tenant);

/// Errc::not_found names the methods there are. Denials are written to the log.
Answer run_method(Services& services, std::string_view method, const Call& call);

namespace methods {

Answer hello(Services&, const Call&);
Answer subscribe(Services&, const Call&);

Answer status(Services&, const Call&);
Answer ps(Services&, const Call&);
Answer levels(Services&, const Call&);
Answer why(Services&, const Call&);

Answer tenant_register(Services&, const Call&);
Answer tenant_update(Services&, const Call&);
Answer tenant_touch(Services&, const Call&);
Answer tenant_unregister(Services&, const Call&);

Answer offload(Services&, const Call&);
Answer restore(Services&, const Call&);
Answer free(Services&, const Call&);
Answer pin(Services&, const Call&);
Answer unpin(Services&, const Call&);

Answer config_show(Services&, const Call&);
Answer config_reload(Services&, const Call&);

Answer preserve_put(Services&, const Call&);
Answer preserve_get(Services&, const Call&);

/// The tenant that params.tenant names, when the peer may touch it; `verb` is for the refusal.
Result<Tenant> touchable(Services& services, const Call& call, std::string_view verb);

}  // namespace methods

}  // namespace spillway
