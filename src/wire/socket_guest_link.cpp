#include "wire/socket_guest_link.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "wire/fields.h"
#include "wire/protocol.h"

namespace spillway {

using nlohmann::json;

Result<GuestReply> SocketGuestLink::ask(const GuestRequest& request, TimePoint deadline) {
  const Duration within = deadline - SystemClock().now();
  Waiting waiting;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto bound = bound_.find(request.tenant);
    if (closed_ || bound == bound_.end()) {
      return fail(Errc::unavailable, "its program is not connected", request.tenant);
    }
    waiting.connection = bound->second;
    id = ++last_id_;
    waiting_.emplace(id, &waiting);
    post_(waiting.connection, ask_line(id, request, within));
  }
  std::unique_lock lock(mutex_);
  waiting.arrived.wait_for(lock, within, [&] { return waiting.reply.has_value(); });
  waiting_.erase(id);
  if (waiting.reply) return std::move(*waiting.reply);
  return fail(Errc::timed_out, "no answer to '" + request.verb + "' in time", request.tenant);
}

void SocketGuestLink::bind(const std::string& tenant, ConnectionId connection) {
  const std::lock_guard lock(mutex_);
  bound_[tenant] = connection;
}

void SocketGuestLink::unbind(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  bound_.erase(tenant);
}

void SocketGuestLink::answered(ConnectionId from, const json& message) {
  const auto id = u64_of(message, "id");
  if (!id) return;
  const json* error = member(message, "error");
  const json* answer = member(message, "answer");
  Result<GuestReply> reply = error != nullptr ? Result<GuestReply>(tl::unexpected(error_of(*error)))
                             : answer != nullptr
                                 ? guest_reply_of(*answer)
                                 : Result<GuestReply>(fail(Errc::invalid, "an empty answer"));
  const std::lock_guard lock(mutex_);
  const auto asked = waiting_.find(*id);
  if (asked == waiting_.end() || asked->second->connection != from) return;
  asked->second->reply = std::move(reply);
  asked->second->arrived.notify_one();
}

void SocketGuestLink::gone(ConnectionId connection) {
  const std::lock_guard lock(mutex_);
  std::erase_if(bound_, [&](const auto& entry) { return entry.second == connection; });
  for (auto& [id, waiting] : waiting_) {
    if (waiting->connection != connection) continue;
    waiting->reply = fail(Errc::unavailable, "its program vanished while it was asked");
    waiting->arrived.notify_one();
  }
}

void SocketGuestLink::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (auto& [id, waiting] : waiting_) {
    waiting->reply = fail(Errc::unavailable, "the daemon is stopping");
    waiting->arrived.notify_one();
  }
}

}  // namespace spillway
