#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/preserve_store.h"
#include "announcer.h"
#include "base/clock.h"
#include "base/log.h"
#include "claims.h"
#include "disk_worker.h"
#include "engine/engine.h"
#include "loop.h"
#include "methods.h"
#include "options.h"
#include "record/journal.h"
#include "record/ring.h"
#include "rights.h"
#include "sense/cgroup.h"
#include "sense/device_cell.h"
#include "service_manager.h"
#include "settings.h"
#include "subscribers.h"
#include "tenant_book.h"
#include "wire/control_server.h"
#include "wire/socket_guest_link.h"
#include "wire/worker_supervisor.h"

namespace spillway {

/// The daemon: puts the parts together, and drives the engine with what the loop hears. One thread,
/// the engine's; the destructor ends in milliseconds and thaws what was frozen.
class Daemon final : private ControlHandler, private EventSink {
 public:
  /// SIGTERM, SIGINT and SIGHUP must be blocked already.
  explicit Daemon(DaemonOptions options);
  ~Daemon() override;

  /// Reads the configuration and makes the parts, without the socket.
  Status prepare();
  /// What works here and what does not, one line each.
  std::vector<std::string> self_test();
  /// Listens, tells the service manager, and guards until SIGTERM or SIGINT.
  Status run();

 private:
  void on_request(const ReplyTo& to, const Peer& peer, const std::string& method,
                  const nlohmann::json& params) override;
  void on_answer(ConnectionId from, const nlohmann::json& message) override;
  void on_close(ConnectionId connection, const Peer& peer, std::string_view why) override;
  void take(const Event& event) override;

  Status listen();
  void take_signal();
  Status reload();
  void look(TimePoint now);
  void settle_down(TimePoint now);
  void guard();

  const DaemonOptions options_;
  const SystemClock clock_;
  ServiceManager manager_ = ServiceManager::from_environment();
  Log log_;
  Announcer announcer_{log_, manager_};
  Settings settings_;
  const std::optional<CgroupFs> groups_;
  const Claims claims_{groups_ ? &*groups_ : nullptr};
  std::optional<Rights> rights_;
  std::optional<EventRing> ring_;
  std::optional<JournalWriter> journal_;
  std::unique_ptr<ControlServer> server_;
  std::optional<Subscribers> subscribers_;
  std::shared_ptr<SocketGuestLink> guests_;
  std::shared_ptr<PreserveStore> preserve_;
  const std::shared_ptr<Refusals> refusals_ = std::make_shared<Refusals>();
  std::shared_ptr<DeviceCell> devices_;  // none where no worker is wanted
  CgroupSensor* cgroups_ = nullptr;      // the engine's
  std::unique_ptr<Engine> engine_;
  std::optional<WorkerSupervisor> worker_;  // after what it reports to
  std::optional<TenantBook> tenants_;
  std::optional<Services> services_;
  std::optional<Loop> loop_;
  UniqueFd signals_;
  std::vector<std::function<void()>> after_look_;
  TimePoint next_look_;
  std::optional<TimePoint> settles_;  // when what starting needed may go
  bool stopping_ = false;
  DiskWorker disk_;  // last: its jobs use the rest
};

}  // namespace spillway
