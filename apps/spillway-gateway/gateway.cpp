#include "gateway.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include "ask.h"
#include "elsewhere.h"
#include "relay.h"

namespace spillway::gateway {
namespace {

constexpr Duration kCountWithin = 30s;
constexpr const char* kHeader = "x-spillway-context";

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Gateway::Gateway(tcp::acceptor acceptor, Settings settings, GuardSettings guard, Log log)
    : acceptor_(std::move(acceptor)),
      settings_(std::move(settings)),
      log_(std::move(log)),
      guard_(std::move(guard)) {}

Gateway::~Gateway() {
  stopping_ = true;  // nobody answers those that wait for a count
  workers_.stop();
  workers_.join();
}

Result<std::unique_ptr<Gateway>> Gateway::open(net::io_context& context, Settings settings,
                                               GuardSettings guard, Log log) {
  ErrorCode error;
  const std::string name = fmt::format("{}:{}", settings.listen.host, settings.listen.port);
  const auto address = net::ip::make_address(settings.listen.host, error);
  if (error) return fail(Errc::invalid, "no address to listen on", name, "as 127.0.0.1:4180");
  const tcp::endpoint endpoint(address, settings.listen.port);
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error) return fail(Errc::unavailable, "cannot listen: " + error.message(), name);
  std::unique_ptr<Gateway> gateway(
      new Gateway(std::move(acceptor), std::move(settings), std::move(guard), std::move(log)));
  net::co_spawn(context, gateway->accept(), net::detached);
  return gateway;
}

Endpoint Gateway::address() const {
  ErrorCode ignored;
  return {settings_.listen.host, acceptor_.local_endpoint(ignored).port()};
}

net::awaitable<void> Gateway::accept() {
  const auto executor = acceptor_.get_executor();
  while (acceptor_.is_open()) {
    ErrorCode error;
    tcp::socket socket = co_await acceptor_.async_accept(into(error));
    if (error == net::error::operation_aborted) co_return;
    if (error || connections_ >= settings_.limits.connections) {
      // Out of descriptors, or of room: those that are served first make some.
      socket.close(error);
      net::steady_timer pause(executor, std::chrono::milliseconds(10));
      co_await pause.async_wait(into(error));
      continue;
    }
    net::co_spawn(executor, serve(std::move(socket)), net::detached);
  }
}

net::awaitable<void> Gateway::serve(tcp::socket socket) {
  ++connections_;
  const std::shared_ptr<void> one_less(nullptr, [this](void*) { --connections_; });
  Client client(std::move(socket), settings_.limits);
  while (auto request = co_await client.next()) {
    const bool goes_on = co_await handle(client, *request);
    if (!goes_on || !client.keep_alive()) break;
  }
  ErrorCode ignored;
  client.stream().socket().shutdown(tcp::socket::shutdown_both, ignored);
}

net::awaitable<bool> Gateway::handle(Client& client, Request& request) {
  Generation generation;
  generation.path = std::string(request.target());
  const Kind kind = kind_of(view(request.method_string()), generation.path);
  const auto model = model_of(request.body());
  generation.model = model.value_or("");
  const Upstream* upstream = upstream_for(settings_.upstreams, model);
  if (upstream == nullptr) {
    co_return co_await client.answer(
        refusal(404, "no upstream answers for this model", "model_not_found"));
  }
  if (is_guarded(kind)) {
    const TimePoint begin = clock_.now();
    auto passed = co_await checked(kind, request, upstream->at);
    generation.guarded = clock_.now() - begin;
    if (!passed) {
      generation.status = passed.error().status;
      if (log_) log_(generation);
      co_return co_await client.answer(passed.error());
    }
    if (!passed->body.empty()) request.body() = std::move(passed->body);
    generation.passed = std::move(*passed);
  }
  const bool goes_on = co_await pass_on(client, request, *upstream, generation);
  if (generates(kind) && log_) log_(generation);
  co_return goes_on;
}

net::awaitable<tl::expected<Passed, Refusal>> Gateway::checked(Kind kind, const Request& request,
                                                               const Endpoint& upstream) {
  const ServerFacts facts = co_await servers_.facts(upstream);
  const auto executor = acceptor_.get_executor();
  const auto post = [&](std::string_view target,
                        std::string_view body) -> Result<context::ServerAnswer> {
    auto asked =
        net::co_spawn(executor, ask(upstream, std::string(target), std::string(body), kCountWithin),
                      net::use_future);
    while (asked.wait_for(100ms) != std::future_status::ready) {
      if (stopping_) return fail(Errc::unavailable, "the gateway stops", {});
    }
    return asked.get();
  };
  const std::string_view peer = view(request[http::field::authorization]);
  co_return co_await elsewhere(workers_, [&]() -> tl::expected<Passed, Refusal> {
    try {
      return guard_.check(kind, request.body(), peer, facts, post);
    } catch (const std::exception& error) {  // no memory: this request is lost, not the others
      return tl::unexpected(refusal(500, error.what()));
    }
  });
}

net::awaitable<bool> Gateway::pass_on(Client& client, const Request& request,
                                      const Upstream& upstream, Generation& generation) {
  const TimePoint begin = clock_.now();
  http::fields extra;
  if (generation.passed.budget > 0) extra.insert(kHeader, generation.passed.words());
  const Watcher seen = [&](std::string_view) {
    if (generation.first_byte == Duration{}) generation.first_byte = clock_.now() - begin;
  };
  const Relayed relayed =
      co_await relay(client, request, upstream.at, settings_.limits, extra, seen);
  generation.whole = clock_.now() - begin;
  generation.status = relayed.status;
  generation.answer_bytes = relayed.bytes;
  generation.failure = relayed.failure;
  if (!relayed.client_is_there) co_return false;
  if (relayed.failure.empty()) co_return true;
  if (relayed.began) co_return false;
  generation.status = 502;
  co_return co_await client.answer(
      refusal(502,
              fmt::format("the model server at {}:{}: {}", upstream.at.host, upstream.at.port,
                          relayed.failure),
              "upstream_unavailable"));
}

}  // namespace spillway::gateway
