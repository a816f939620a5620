#include "run/membership.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "wire/fields.h"

namespace spillway {
namespace {

constexpr Duration kWithin = 1s;
constexpr Duration kLongestPatience = 30s;

/// The daemon has understood and will answer the same again.
bool is_final(const Error& error) {
  return error.code == Errc::denied || error.code == Errc::invalid ||
         error.code == Errc::unsupported;
}

}  // namespace

Membership::~Membership() {
  if (session_ == nullptr) return;
  const nlohmann::json params{{"tenant", tenant_.id.text}};
  (void)session_->call("tenant.unregister", params.dump(), kWithin);
}

Status Membership::join(TimePoint now) {
  auto joined = try_join();
  next_try_.reset();
  if (joined) {
    patience_ = 1s;
  } else if (!is_final(joined.error())) {
    next_try_ = now + patience_;
    patience_ = std::min(patience_ * 2, kLongestPatience);
  }
  return joined;
}

Status Membership::try_join() {
  if (!news_) news_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!news_) return tl::unexpected(system_error(errno, "eventfd"));
  GuestCallbacks callbacks;
  callbacks.on_lost = [fd = news_.get()](const Error&) { ::eventfd_write(fd, 1); };
  auto session = GuestSession::open(sockets_, "spillway run", std::move(callbacks), kWithin);
  if (!session) return tl::unexpected(session.error());
  const std::string params = R"({"tenant":)" + to_text(tenant_) + "}";
  auto answer = (*session)->call("tenant.register", params, kWithin);
  if (!answer) return tl::unexpected(answer.error());
  if (auto name = text_of(*answer, "tenant")) tenant_.id.text = *name;
  session_ = std::move(*session);
  return {};
}

void Membership::lost(TimePoint now) {
  eventfd_t count = 0;
  ::eventfd_read(news_.get(), &count);
  if (session_ == nullptr || session_->alive()) return;  // the news of a session before
  session_.reset();
  next_try_ = now + patience_;
}

}  // namespace spillway
