#include "daemon.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include "act/builtin.h"
#include "self_care.h"
#include "sense/builtin.h"
#include "sense/census.h"
#include "sense/device.h"
#include "sense/gpu_device.h"
#include "stderr_sink.h"
#include "wire/socket_path.h"

namespace spillway {
namespace {

std::optional<CgroupFs> locate_groups() {
  auto groups = CgroupFs::locate(SysRoot());
  if (!groups) return std::nullopt;
  return std::move(*groups);
}

/// Beside this program, wherever it was installed.
std::string worker_program() {
  std::array<char, PATH_MAX> self;
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  const std::string_view path(self.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return std::string(path.substr(0, path.rfind('/') + 1)) + "spillway-worker";
}

constexpr Duration kSettled = 1s;

std::string line_of(const Capability& capability) {
  return capability.name + (capability.available ? ": " : ": off, ") + capability.reason;
}

}  // namespace

Daemon::Daemon(DaemonOptions options)
    : options_(std::move(options)), log_(stderr_sink()), groups_(locate_groups()) {}

Daemon::~Daemon() {
  manager_.stopping();
  // Nobody waits for a guest any more, so that the engine's workers end; then what is frozen thaws.
  if (guests_) guests_->close();
  services_.reset();
  tenants_.reset();
  engine_.reset();
}

Status Daemon::prepare() {
  auto settings = load_settings(options_);
  if (!settings) return tl::unexpected(settings.error());
  settings_ = std::move(*settings);
  log_.set_threshold(settings_.log_level);
  for (const std::string& warning : settings_.warnings) log_.write(Severity::warning, warning);
  rights_ = Rights::of_this_process(settings_.socket_group);

  ring_.emplace();
  if (settings_.journal) {
    settings_.journal->complain = [this](const std::string& what) {
      log_.write(Severity::warning, what);
    };
    journal_.emplace(*settings_.journal);
  }
  guests_ = std::make_shared<SocketGuestLink>(
      [this](ConnectionId to, std::string line) { server_->post(to, std::move(line)); });
  preserve_ = std::make_shared<PreserveStore>(PreserveStore::Options{settings_.preserve_directory});
  EngineParts parts;
  parts.clock = &clock_;
  parts.policy = settings_.policy;
  parts.sensors = make_builtin_sensors(settings_.sensors);
  if (settings_.worker) {
    devices_ = std::make_shared<DeviceCell>();
    parts.sensors.push_back(std::make_unique<DeviceSensor>(devices_));
  }
  parts.sensors.push_back(std::make_unique<CensusSensor>(SysRoot(settings_.sensors.root)));
  cgroups_ = find_cgroup_sensor(parts.sensors);
  parts.actions = make_builtin_actions(
      {.guests = guests_,
       .notify = settings_.notify,
       .preserve = preserve_,
       .preserve_key = [](const Tenant& who) { return preserve_key(who.uid, who.id.text); },
       .frozen = FrozenNotes(settings_.frozen_directory),
       .refusals = refusals_});
  parts.sink = this;
  engine_ = std::make_unique<Engine>(std::move(parts));
  return {};
}

std::vector<std::string> Daemon::self_test() {
  std::vector<std::string> lines{line_of(protect_from_oom()), line_of(may_lock_memory())};
  for (const Capability& capability : engine_->status().capabilities) {
    lines.push_back(line_of(capability));
  }
  return lines;
}

Status Daemon::listen() {
  const std::string path =
      daemon_socket(socket_place(), options_.socket, settings_.socket, options_.user_mode);
  if (auto made = prepare_socket_folder(path, options_.user_mode); !made) return made;
  auto server = ControlServer::open({.path = path}, *this);
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  subscribers_.emplace(*server_);
  tenants_.emplace(*engine_, *guests_);
  services_.emplace(Services{
      .engine = *engine_,
      .server = *server_,
      .tenants = *tenants_,
      .subscribers = *subscribers_,
      .rights = *rights_,
      .claims = claims_,
      .preserve = *preserve_,
      .refusals = *refusals_,
      .recent = *ring_,
      .clock = clock_,
      .log = log_,
      .settings = settings_,
      .user_mode = options_.user_mode,
      .after_look =
          [this](std::function<void()> work) {
            after_look_.push_back(std::move(work));
            next_look_ = {};
          },
      .reload = [this] { return reload(); },
      .on_disk =
          [this](std::function<Result<std::string>()> work,
                 std::function<void(Result<std::string>)> done) {
            auto job = [this, work = std::move(work), done] {
              engine_->post([done, result = work()](Engine&) { done(result); });
            };
            if (!disk_.run(std::move(job))) {
              done(fail(Errc::unavailable, "too much waits for the disk", {}, "try again"));
            }
          }});
  log_.write(Severity::info, "listening on " + path);
  return {};
}

Status Daemon::run() {
  auto loop = Loop::open();
  if (!loop) return tl::unexpected(loop.error());
  loop_.emplace(std::move(*loop));
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&handled, signal);
  signals_.reset(::signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
  if (auto listening = listen(); !listening) return listening;
  // Only now is it sure that no other daemon has frozen these.
  for (std::string& line : FrozenNotes(settings_.frozen_directory).thaw_all()) {
    log_.write(Severity::warning, std::move(line));
  }

  if (devices_) {
    worker_.emplace(WorkerOptions{.program = worker_program(),
                                  .inventory = [] { return gpu_inventory(SysRoot()); }},
                    *devices_);
    const auto heard = [this] { worker_->on_readable(clock_.now()); };
    if (auto watched = loop_->watch(worker_->fd(), heard); !watched) return watched;
  }
  for (const auto& [fd, ready] : {
           std::pair<int, std::function<void()>>{signals_.get(), [this] { take_signal(); }},
           {server_->poll_fd(), [this] { server_->serve(); }},
           {engine_->wake_fd(), [this] { next_look_ = {}; }},
       }) {
    if (auto watched = loop_->watch(fd, ready); !watched) return watched;
  }
  look(clock_.now());
  for (std::string& line : self_test()) log_.write(Severity::info, std::move(line));
  manager_.ready("guarding");
  settles_ = clock_.now() + kSettled;
  guard();
  log_.write(Severity::info, "stopping");
  return {};
}

void Daemon::guard() {
  while (!stopping_) {
    const TimePoint now = clock_.now();
    manager_.alive(now);
    const auto expiry = tenants_->expire(now);
    if (worker_) worker_->tick(now);
    if (now >= next_look_) {
      settle_down(now);
      look(now);
      continue;
    }
    TimePoint until = next_look_;
    if (expiry) until = std::min(until, *expiry);
    if (worker_) until = std::min(until, worker_->next_deadline());
    if (const auto patience = manager_.patience()) until = std::min(until, now + *patience);
    if (!loop_->wait(now, until)) continue;
    engine_->noticed(clock_.now());
    next_look_ = {};
  }
}

/// When nothing has to do with starting any more, what only that needed goes, and what guarding uses
/// is kept from then on.
void Daemon::settle_down(TimePoint now) {
  if (!settles_ || now < *settles_) return;
  settles_.reset();
  forget_start();
  lock_memory();
}

void Daemon::look(TimePoint now) {
  // Those who ask while this look runs wait for the next one.
  const auto waiting = std::exchange(after_look_, {});
  next_look_ = engine_->step(now);
  loop_->watch_sources(engine_->wake_fds());
  for (const auto& work : waiting) work();
}

void Daemon::take_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGHUP) {
      (void)reload();
    } else {
      stopping_ = true;
    }
  }
}

Status Daemon::reload() {
  manager_.reloading(clock_.now(), "reading the configuration");
  auto settings = load_settings(options_);
  Status result;
  if (settings) {
    for (const std::string& warning : settings->warnings) {
      log_.write(Severity::warning, warning);
    }
    engine_->set_policy(settings->policy);
    log_.set_threshold(settings->log_level);
    if (cgroups_ != nullptr) cgroups_->watch(settings->sensors.cgroups);
    for (const std::string& key : needs_restart(settings_, *settings)) {
      log_.write(Severity::warning, key + " has changed: that needs a restart");
    }
    settings_ = std::move(*settings);
    log_.write(Severity::info, "configuration read again");
  } else {
    result = tl::unexpected(settings.error());
    log_.write(Severity::error, "the configuration stays as it was: " + to_string(result.error()));
  }
  manager_.ready("guarding");
  return result;
}

void Daemon::on_request(const ReplyTo& to, const Peer& peer, const std::string& method,
                        const nlohmann::json& params) {
  if (auto answer = run_method(*services_, method, {to, peer, params})) server_->reply(to, *answer);
}

void Daemon::on_answer(ConnectionId from, const nlohmann::json& message) {
  guests_->answered(from, message);
}

void Daemon::on_close(ConnectionId connection, const Peer& peer, std::string_view why) {
  subscribers_->remove(connection);
  tenants_->lost(connection, clock_.now());
  if (why != "closed") {
    log_.write(Severity::warning, "dropped pid " + std::to_string(peer.pid) + " of user " +
                                      std::to_string(peer.uid) + ": " + std::string(why));
  }
}

void Daemon::take(const Event& event) {
  ring_->take(event);
  if (journal_) journal_->take(event);
  if (subscribers_) subscribers_->take(event);
  if (const auto* changed = std::get_if<TenantChanged>(&event); changed && tenants_) {
    const bool gone = changed->what == TenantChanged::What::unregistered ||
                      changed->what == TenantChanged::What::lost;
    if (gone) tenants_->forget(changed->tenant.id);
  }
  announcer_.take(event);
}

}  // namespace spillway
