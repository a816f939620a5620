#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace spillway::support {

/// A server on a port of its own on the loopback, one request after another. The handler gives the answer as
/// it goes over the wire; without one the connection stays open, silent.
class FakeServer {
 public:
  using Handler =
      std::function<std::optional<std::string>(const std::string& path, const std::string& body)>;

  explicit FakeServer(Handler handler)
      : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 8) != 0 ||
        ::getsockname(listener_.get(), generic, &size) != 0) {
      throw std::runtime_error("no port");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::string port() const { return std::to_string(port_); }

  static std::string answer(int status, const std::string& body) {
    return fmt::format("HTTP/1.1 {} Said\r\nContent-Type: application/json\r\n\r\n{}", status,
                       body);
  }

 private:
  void serve() {
    while (true) {
      UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      const auto [path, body] = request(client.get());
      const auto said = handler_(path, body);
      if (!said) {
        silent_.push_back(std::move(client));
        continue;
      }
      std::string_view rest = *said;
      while (!rest.empty()) {
        const ssize_t sent = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
    }
  }

  static std::pair<std::string, std::string> request(int fd) {
    std::string text;
    std::array<char, 65536> buffer;
    std::size_t head = std::string::npos, length = 0;
    while (head == std::string::npos || text.size() < head + 4 + length) {
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return {};
      text.append(buffer.data(), static_cast<std::size_t>(got));
      head = text.find("\r\n\r\n");
      const auto at = text.find("Content-Length: ");
      if (head != std::string::npos) length = std::stoul(text.substr(at + 16));
    }
    const auto begin = text.find(' ') + 1;
    return {text.substr(begin, text.find(' ', begin) - begin), text.substr(head + 4)};
  }

  Handler handler_;
  UniqueFd listener_;
  std::vector<UniqueFd> silent_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace spillway::support
