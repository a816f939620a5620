#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <type_traits>
#include <utility>

#include "net.h"

namespace spillway::gateway {

/// Does `work` on a thread of the pool and goes on where it was asked: what takes milliseconds must not
/// keep the streams waiting. What it refers to must live until it has ended.
template <class Work>
net::awaitable<std::invoke_result_t<Work>> elsewhere(net::thread_pool& pool, Work work) {
  using Outcome = std::invoke_result_t<Work>;
  const auto begin = [&pool](auto handler, Work what) {
    const auto back = net::get_associated_executor(handler);
    net::post(pool, [handler = std::move(handler), what = std::move(what), back]() mutable {
      net::post(back, [handler = std::move(handler), outcome = what()]() mutable {
        handler(std::move(outcome));
      });
    });
  };
  return net::async_initiate<const net::use_awaitable_t<>, void(Outcome)>(begin, net::use_awaitable,
                                                                          std::move(work));
}

}  // namespace spillway::gateway
