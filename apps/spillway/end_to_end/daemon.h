#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "end_to_end/program.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"
#include "wire/control_client.h"

namespace spillway::support {

/// A real spillwayd of its own, with one pool that the test fills by hand ("injected:room", of 1 GiB)
/// and thresholds so high for all others that the machine's own memory does not matter.
class Daemon {
 public:
  explicit Daemon(const std::string& settings = {}) {
    std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
    press(100 << 20);
    dir_.write("spillway.toml",
               "[injected]\nroom = \"" + (dir_ / "room") +
                   "\"\n[levels]\nwarning = \"97%\"\n"
                   "critical = \"98%\"\nemergency = \"99%\"\nshutdown = \"99.5%\"\n" +
                   settings);
    start();
  }
  ~Daemon() { stop(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void start() {
    child_.emplace([&] {
      const int log = ::open((dir_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::dup2(log, STDERR_FILENO);
      ::execl(SPILLWAY_BINARY_DIR "/spillwayd", "spillwayd", "--user", "--socket", socket().c_str(),
              "--config", (dir_ / "spillway.toml").c_str(), "--journal", journal().c_str(),
              nullptr);
    });
    const bool up = eventually([&] { return ControlClient::connect({socket()}, 1s).has_value(); });
    if (!up) throw std::runtime_error("spillwayd does not start");
  }
  void stop(int signal = SIGTERM) {
    if (!child_) return;
    child_->kill(signal);
    child_->reap();
    child_.reset();
  }

  /// Bytes in use of injected:room.
  void press(std::int64_t bytes) {
    dir_.write("room.new", std::to_string(bytes) + " " + std::to_string(1 << 30) + "\n");
    std::filesystem::rename(dir_ / "room.new", dir_ / "room");
  }

  Ran spillway(std::vector<std::string> arguments, How how = {}) const {
    how.environment.emplace_back("SPILLWAY_SOCKET", socket());
    return run_program("spillway", arguments, how);
  }
  std::string socket() const { return dir_ / "control.sock"; }
  std::string journal() const { return dir_ / "journal"; }
  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  std::optional<Child> child_;
};

}  // namespace spillway::support
