#include <stdlib.h>
#include <unistd.h>

#include <memory>

#include "capi/direct.h"
#include "config/load.h"
#include "session.h"

namespace spillway {
namespace {

class DaemonStatus final : public StatusSource {
 public:
  explicit DaemonStatus(Session session) : session_(std::move(session)) {}
  Answer<StatusReport> look(bool owners) override { return session_.status(owners); }

 private:
  Session session_;
};

/// What this process sees by itself, judged by the configuration that a daemon would read.
class DirectStatus final : public StatusSource {
 public:
  explicit DirectStatus(bool rates) : direct_(options(rates), clock_) {}
  Answer<StatusReport> look(bool owners) override { return direct_.look(owners); }

 private:
  static DirectOptions options(bool rates) {
    const auto environment = [](const char* name) -> const char* { return ::getenv(name); };
    LoadedConfig loaded = load_config(config_places(::getuid() != 0, environment));
    return {std::move(loaded.config.policy), std::move(loaded.config.daemon.cgroups),
            std::move(loaded.config.injected), rates};
  }

  SystemClock clock_;
  Direct direct_;
};

}  // namespace

Answer<std::unique_ptr<StatusSource>> open_status(const Global& global, bool rates) {
  auto session = Session::open(global);
  if (session) return std::make_unique<DaemonStatus>(std::move(*session));
  // A daemon that is there and does not answer is worth knowing of.
  if (session.error().code != ExitCode::no_daemon) return tl::unexpected(session.error());
  return std::make_unique<DirectStatus>(rates);
}

}  // namespace spillway
