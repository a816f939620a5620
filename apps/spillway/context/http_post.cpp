#include "context/http_post.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/fd.h"
#include "base/text.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{256} << 20;

using Clock = std::chrono::steady_clock;

/// Waits until the socket can be read or written. Errors: timed_out.
Status ready(int fd, short events, Clock::time_point deadline, const std::string& where) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail(Errc::timed_out, "no answer in time", where);
    pollfd entry{fd, events, 0};
    const int said = ::poll(&entry, 1, static_cast<int>(left));
    if (said > 0) return {};
    if (said < 0 && errno != EINTR) return tl::unexpected<Error>(system_error(errno, where));
  }
}

Result<UniqueFd> connected(const HttpServer& server, Clock::time_point deadline,
                           const std::string& where) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int found = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &wanted, &list);
  if (found != 0) return fail(Errc::unavailable, ::gai_strerror(found), where);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  Error last{Errc::unavailable, "no address", where, ""};
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    UniqueFd fd(
        ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol));
    if (!fd) continue;
    if (::connect(fd.get(), at->ai_addr, at->ai_addrlen) != 0 && errno != EINPROGRESS) {
      last = {Errc::unavailable, system_error(errno, "").what, where, "is the server running?"};
      continue;
    }
    if (const Status writable = ready(fd.get(), POLLOUT, deadline, where); !writable) {
      return tl::unexpected<Error>(writable.error());
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return fd;
    last = {Errc::unavailable, system_error(error, "").what, where, "is the server running?"};
  }
  return tl::unexpected<Error>(std::move(last));
}

Status send_all(int fd, std::string_view text, Clock::time_point deadline,
                const std::string& where) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (const Status writable = ready(fd, POLLOUT, deadline, where); !writable) return writable;
    } else if (errno != EINTR) {
      return tl::unexpected<Error>(system_error(errno, where));
    }
  }
  return {};
}

Result<std::string> receive_all(int fd, Clock::time_point deadline, const std::string& where) {
  std::string text;
  std::array<char, 65536> buffer;
  while (text.size() <= kLongestAnswer) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got == 0) return text;
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {
      if (const Status readable = ready(fd, POLLIN, deadline, where); !readable) {
        return tl::unexpected<Error>(readable.error());
      }
    } else if (errno != EINTR) {
      return tl::unexpected<Error>(system_error(errno, where));
    }
  }
  return fail(Errc::invalid, "the answer is too long", where);
}

}  // namespace

Result<HttpServer> parse_http_server(std::string_view url) {
  const auto wrong = [&](const char* what) {
    return fail(Errc::invalid, what, std::string(url), "such as http://127.0.0.1:8080");
  };
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return wrong("is no http:// address");
  std::string_view rest = url.substr(kScheme.size());
  HttpServer server;
  const auto slash = rest.find('/');
  if (slash != rest.npos) server.path = rest.substr(slash);
  while (server.path.ends_with('/')) server.path.pop_back();
  rest = rest.substr(0, slash);
  const bool is_number = rest.starts_with('[');
  const auto end = is_number ? rest.find(']') : rest.find(':');
  if (is_number && end == rest.npos) return wrong("has no closing bracket");
  server.host = is_number ? rest.substr(1, end - 1) : rest.substr(0, end);
  const std::string_view port = end == rest.npos ? "" : rest.substr(is_number ? end + 1 : end);
  server.port = port.empty() ? "80" : port.substr(1);
  const auto number = parse_u64(server.port);
  if (!number || *number == 0 || *number > 65535) return wrong("has no port");
  const bool is_word = (server.host + server.path).find_first_of(" \r\n\t@\"") == std::string::npos;
  if (server.host.empty() || !is_word) return wrong("names no host");
  return server;
}

Result<context::ServerAnswer> http_post(const HttpServer& server, std::string_view path,
                                        std::string_view json, Duration within) {
  const std::string where =
      fmt::format("http://{}:{}{}{}", server.host, server.port, server.path, path);
  const auto deadline = Clock::now() + within;
  const auto socket = connected(server, deadline, where);
  if (!socket) return tl::unexpected<Error>(socket.error());
  const std::string head = fmt::format(
      "POST {}{} HTTP/1.0\r\nHost: {}:{}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n",
      server.path, path, server.host, server.port, json.size());
  for (const std::string_view part : {std::string_view(head), json}) {
    if (const Status sent = send_all(socket->get(), part, deadline, where); !sent) {
      return tl::unexpected<Error>(sent.error());
    }
  }
  const auto text = receive_all(socket->get(), deadline, where);
  if (!text) return tl::unexpected<Error>(text.error());
  // "HTTP/1.1 200 OK"
  const auto body = text->find("\r\n\r\n");
  const auto status =
      text->size() > 12 ? parse_u64(std::string_view(*text).substr(9, 3)) : std::nullopt;
  if (!text->starts_with("HTTP/1.") || body == text->npos || !status) {
    return fail(Errc::invalid, "the answer is no HTTP", where);
  }
  return context::ServerAnswer{static_cast<unsigned>(*status), text->substr(body + 4)};
}

}  // namespace spillway
