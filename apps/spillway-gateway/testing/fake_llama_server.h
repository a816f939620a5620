#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "net.h"
#include "settings.h"

namespace spillway::gateway {

/// Speaks llama-server's protocol (ggml-org/llama.cpp, tools/server/README.md) on loopback: /props, /tokenize,
/// /apply-template, /v1/models and /v1/chat/completions, streamed or not; a prompt that does not fit
/// is refused with its words. A token is three bytes.
class FakeLlamaServer {
 public:
  struct Behaviour {
    std::uint64_t n_ctx = 8192;
    std::size_t pieces = 3;                      // of an answer
    std::chrono::milliseconds pause{0};          // before each piece
    std::size_t breaks_after = ~std::size_t{0};  // pieces: then the connection breaks
    bool counts = true;                          // else it has no /tokenize
    bool is_silent = false;                      // never answers a chat
  };
  struct Seen {
    std::string target, body;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string header(const std::string& name) const;
  };

  FakeLlamaServer() : FakeLlamaServer(Behaviour()) {}
  explicit FakeLlamaServer(Behaviour behaviour);
  ~FakeLlamaServer();

  Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  /// Requests of chats and of whatever it does not know, in their order.
  std::vector<Seen> seen() const;
  int broken_off() const { return broken_off_; }  // answers whose reader went away
  int open() const { return open_; }
  static std::uint64_t tokens(std::string_view text) { return (text.size() + 2) / 3; }
  static std::string rendered(const std::string& body);

 private:
  void accept();
  void serve(tcp::socket socket);
  void chat(tcp::socket& socket, const http::request<http::string_body>& request);
  void stream(tcp::socket& socket);

  const Behaviour behaviour_;
  net::io_context context_;
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<std::thread> threads_;
  std::vector<UniqueFd> sockets_;  // to be ended with us
  std::atomic<int> broken_off_ = 0, open_ = 0;
  std::atomic<bool> ends_ = false;
  std::thread accepting_;
};

}  // namespace spillway::gateway
