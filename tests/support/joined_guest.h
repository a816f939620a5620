#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "json/codec.h"
#include "model/tenant.h"
#include "tests/support/daemon_process.h"
#include "wire/guest_session.h"

namespace spillway::support {

/// A program that has joined the daemon and holds one model: keeps what it is asked, and answers it
/// when the test says so.
class JoinedGuest {
 public:
  JoinedGuest(const std::string& socket, const Tenant& tenant) {
    auto session = GuestSession::open({socket}, "test",
                                      {.on_ask =
                                           [this](const Ask& ask) {
                                             const std::lock_guard lock(mutex_);
                                             asked_.push_back(ask);
                                           },
                                       .on_lost =
                                           [this](const Error&) {
                                             const std::lock_guard lock(mutex_);
                                             lost_ = true;
                                           }},
                                      10s);
    if (!session) throw std::runtime_error(to_string(session.error()));
    session_ = std::move(*session);
    const auto answer =
        session_->call("tenant.register", R"({"tenant":)" + to_text(tenant) + "}", 10s);
    if (!answer) throw std::runtime_error(to_string(answer.error()));
    id_ = answer->at("tenant").get<std::string>();
  }

  /// Waits for the next question with this verb and takes it. Others that come meanwhile are dropped.
  std::optional<Ask> asked(const std::string& verb) {
    std::optional<Ask> found;
    soon([&] {
      const std::lock_guard lock(mutex_);
      while (!asked_.empty() && !found) {
        if (asked_.front().request.verb == verb) found = asked_.front();
        asked_.erase(asked_.begin());
      }
      return found.has_value();
    });
    return found;
  }
  void answer(const Ask& ask, const std::string& pool, Bytes delta, const std::string& place) {
    GuestReply reply;
    reply.changes = {{pool, delta}};
    reply.detail = place;
    session_->answer(ask.id, reply);
  }
  bool lost() {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  std::size_t open_questions() {
    const std::lock_guard lock(mutex_);
    return asked_.size();
  }
  GuestSession& session() { return *session_; }
  const std::string& id() const { return id_; }

 private:
  std::mutex mutex_;
  std::vector<Ask> asked_;
  bool lost_ = false;
  std::string id_;
  std::unique_ptr<GuestSession> session_;
};

/// One that can be moved to another place and back, and holds `bytes` in the injected pool "test".
inline Tenant movable(const std::string& name, Bytes bytes) {
  Tenant tenant;
  tenant.id.text = name;
  tenant.abilities.offload = tenant.abilities.restore = true;
  tenant.variants = {{"gpu", {{PoolId{"injected:test"}, bytes}}}, {"cpu", {}}};
  tenant.variant = "gpu";
  tenant.holds = {{PoolId{"injected:test"}, bytes}};
  return tenant;
}

}  // namespace spillway::support
