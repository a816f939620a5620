#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>

#include "base/result.h"
#include "client.h"
#include "guard.h"
#include "route.h"
#include "servers.h"
#include "settings.h"

namespace spillway::gateway {

/// One generation, for the log.
struct Generation {
  std::string path, model;
  unsigned status = 0;  // as the client got it
  Passed passed;
  std::uint64_t answer_bytes = 0;
  Duration guarded{};              // until it was counted and cut
  Duration first_byte{}, whole{};  // from then on
  std::string failure;
};

/// Passes requests on to model servers, and keeps chats inside their windows. The context's one thread runs
/// it; counting and cutting are done on two of its own.
class Gateway {
 public:
  using Log = std::function<void(const Generation&)>;

  /// Listens. Errors: the address is in use, or cannot be bound.
  static Result<std::unique_ptr<Gateway>> open(net::io_context& context, Settings settings,
                                               GuardSettings guard, Log log);
  ~Gateway();

  /// As it listens; the port is the one that was given where 0 was asked for.
  Endpoint address() const;

 private:
  Gateway(tcp::acceptor acceptor, Settings settings, GuardSettings guard, Log log);
  net::awaitable<void> accept();
  net::awaitable<void> serve(tcp::socket socket);
  /// False when the connection is over.
  net::awaitable<bool> handle(Client& client, Request& request);
  net::awaitable<bool> pass_on(Client& client, const Request& request, const Upstream& upstream,
                               Generation& generation);
  net::awaitable<tl::expected<Passed, Refusal>> checked(Kind kind, const Request& request,
                                                        const Endpoint& upstream);

  tcp::acceptor acceptor_;
  const Settings settings_;
  const Log log_;
  Guard guard_;
  Servers servers_;
  SystemClock clock_;
  std::size_t connections_ = 0;
  std::atomic<bool> stopping_ = false;
  net::thread_pool workers_{2};
};

}  // namespace spillway::gateway
