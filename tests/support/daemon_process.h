#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"
#include "wire/control_client.h"

namespace spillway::support {

/// Until it holds, asked for now and then: each time costs the daemon an answer.
inline bool soon(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// The real spillwayd on a socket of its own, watching one injected pool, with patience cut down to
/// test size. What the machine's own memory does is no reason for it to act: nobody in these tests
/// offers any RAM.
class DaemonProcess {
 public:
  static constexpr Bytes kCapacity = 1000_MiB;

  explicit DaemonProcess(std::vector<std::string> more_arguments = {}, std::string more_config = {})
      : arguments_(std::move(more_arguments)) {
    use(Bytes{0});
    configure(more_config);
    start();
  }
  ~DaemonProcess() { stop(SIGKILL); }
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// How full the injected pool is from now on.
  void use(Bytes used) {
    const std::string text = std::to_string(used.count) + " " + std::to_string(kCapacity.count);
    dir_.write("pool.new", text);
    std::filesystem::rename(dir_ / "pool.new", dir_ / "pool");
  }
  /// `more` continues the table [daemon] and may begin others.
  void configure(const std::string& more) {
    dir_.write("spillway.toml", R"(
[ladder]
step_deadline = "20s"
settle = "5ms"
idle_after = "1h"
[restore]
calm = "50ms"
between = "10ms"
min_away = "10ms"
min_residency = "10ms"
[cadence]
longest = "20ms"
[levels.warning]
min_hold = "10ms"
[levels.critical]
min_hold = "10ms"
[levels.emergency]
min_hold = "10ms"
[levels.shutdown]
min_hold = "10ms"
[injected]
test = ")" + (dir_ / "pool") + R"("
[daemon]
worker = false
state_dir = ")" + (dir_ / "state") + "\"\n" +
                                    more);
  }

  /// Returns when it answers.
  void start() {
    launch();
    if (!soon([this] { return ControlClient::connect({socket()}, Duration{}).has_value(); })) {
      throw std::runtime_error("spillwayd does not answer: " + log());
    }
  }
  /// Its exit status as waitpid() tells it; 0 when it does not run.
  int stop(int signal_number) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal_number);
    return wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
  void launch() {
    std::vector<std::string> all{program(),   "--system",      "--socket",
                                 socket(),    "--config",      dir_ / "spillway.toml",
                                 "--journal", dir_ / "journal"};
    all.insert(all.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (std::string& one : all) argv.push_back(one.data());
    argv.push_back(nullptr);
    const std::string log_file = dir_ / "log";
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ > 0) return;
    const int log_fd = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log_fd, STDERR_FILENO);
    ::unsetenv("JOURNAL_STREAM");
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  static std::string program() { return std::string(SPILLWAY_BINARY_DIR) + "/spillwayd"; }
  std::string state() const { return dir_ / "state"; }
  std::string socket() const { return dir_ / "control.sock"; }
  std::string log() const { return dir_.read("log"); }
  pid_t pid() const { return pid_; }
  const TempDir& dir() const { return dir_; }

  nlohmann::json call(std::string_view method, const std::string& params = "{}") const {
    auto client = ControlClient::connect({socket()}, 10s);
    if (!client) throw std::runtime_error(to_string(client.error()));
    auto answer = client->call(method, params, 30s);
    if (!answer) throw std::runtime_error(to_string(answer.error()));
    return *answer;
  }
  /// The tenant as status shows it; null when there is none.
  nlohmann::json tenant(const std::string& id) const {
    const nlohmann::json status = call("status");  // outlives the loop over its part
    for (const auto& tenant : status["tenants"]) {
      if (tenant["id"] == id) return tenant;
    }
    return {};
  }

 private:
  TempDir dir_;
  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
};

}  // namespace spillway::support
