#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "wire/control_server.h"
#include "wire/socket_guest_link.h"

namespace spillway::support {

/// A control server on a thread of its own, with what it is to answer handed in.
class ControlThread final : public ControlHandler {
 public:
  using Answer = std::function<void(ControlServer&, const ReplyTo&, const Peer&,
                                    const std::string& method, const nlohmann::json& params)>;

  ControlThread(ControlServerOptions options, Answer answer)
      : link([this](ConnectionId to, std::string line) { server_->post(to, std::move(line)); }),
        answer_(std::move(answer)) {
    auto opened = ControlServer::open(std::move(options), *this);
    if (!opened) throw std::runtime_error(to_string(opened.error()));
    server_ = std::move(*opened);
    thread_ = std::thread([this] { run(); });
  }
  ~ControlThread() override { stop(); }

  /// Ends the thread; the counters may be read afterwards.
  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    on_loop([](ControlServer&) {});
    thread_.join();
    link.close();
  }

  /// Runs `work` on the server's thread, soon.
  void on_loop(std::function<void(ControlServer&)> work) {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(wake_.get(), &one, sizeof(one));
  }

  const ControlServerCounters& counters() const { return server_->counters(); }
  std::vector<std::string> closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  SocketGuestLink link;

 private:
  void on_request(const ReplyTo& to, const Peer& peer, const std::string& method,
                  const nlohmann::json& params) override {
    answer_(*server_, to, peer, method, params);
  }
  void on_answer(ConnectionId from, const nlohmann::json& message) override {
    link.answered(from, message);
  }
  void on_close(ConnectionId connection, const Peer&, std::string_view why) override {
    link.gone(connection);
    const std::lock_guard lock(mutex_);
    closed_.emplace_back(why);
  }

  void run() {
    while (!stopping_) {
      pollfd fds[] = {{server_->poll_fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
      ::poll(fds, 2, -1);
      if (fds[1].revents != 0) {
        std::uint64_t times = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &times, sizeof(times));
      }
      std::vector<std::function<void(ControlServer&)>> work;
      {
        const std::lock_guard lock(mutex_);
        work.swap(work_);
      }
      for (const auto& one : work) one(*server_);
      server_->serve();
    }
  }

  Answer answer_;
  std::unique_ptr<ControlServer> server_;
  UniqueFd wake_{::eventfd(0, EFD_CLOEXEC)};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::function<void(ControlServer&)>> work_;
  std::vector<std::string> closed_;
  std::thread thread_;
};

}  // namespace spillway::support
