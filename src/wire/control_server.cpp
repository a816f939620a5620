#include "wire/control_server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "wire/connection.h"
#include "wire/fields.h"
#include "wire/protocol.h"

namespace spillway {

using nlohmann::json;

namespace {

constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kWake = 1;
constexpr int kLinesPerTurn = 16;  // of one peer, before the others and the guard have theirs
constexpr std::size_t kLongestId = 128;

std::string id_text(const json& message) {
  const json* id = member(message, "id");
  if (id == nullptr || !(id->is_string() || id->is_number())) return "null";
  std::string text = id->dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= kLongestId ? text : "null";
}

}  // namespace

struct ControlServer::Impl {
  ControlServerOptions options;
  ControlHandler* handler = nullptr;
  UniqueFd listener, epoll, wake;
  UniqueFd spare;  // closed to be able to turn a peer away when descriptors run out
  struct stat identity {};
  ControlServerCounters counters;
  ConnectionId next_id = 2;
  std::map<ConnectionId, Connection> connections;
  std::vector<ConnectionId> unfinished;  // whole lines wait in their buffers
  std::size_t held = 0;                  // sum of what was counted of each
  std::mutex mutex;
  std::vector<std::pair<ConnectionId, std::string>> posted;  // guarded by mutex

  Connection* find(ConnectionId id) {
    const auto found = connections.find(id);
    return found == connections.end() ? nullptr : &found->second;
  }

  void poke() {
    const std::uint64_t one = 1;
    // Cannot fail in a way that matters: a full counter is readable already.
    [[maybe_unused]] const ssize_t put = ::write(wake.get(), &one, sizeof(one));
  }

  void close_later(Connection& connection, std::string why) {
    if (!connection.closing.empty()) return;
    connection.closing = std::move(why);
    poke();
  }

  void accept_some();
  bool admit(const Peer& peer) const;
  void adopt(UniqueFd fd, const Peer& peer);
  void turn_away(int fd, std::string_view why);
  void serve_peer(Connection& connection, std::uint32_t events);
  void take_lines(Connection& connection);
  void take_line(Connection& connection, std::string_view line);
  bool send(Connection& connection, std::string_view line);
  void count_held(Connection& connection);
  void settle(Connection& connection);
  void send_posted();
  void sweep();
};

void ControlServer::Impl::accept_some() {
  for (int round = 0; round < 16; ++round) {
    UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd && (errno == EMFILE || errno == ENFILE) && spare) {
      // Left alone it would wait in the backlog and wake this loop for ever.
      spare.reset();
      fd.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd) turn_away(fd.get(), "the daemon has no descriptors left");
      fd.reset();
      spare.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      continue;
    }
    if (!fd) return;
    auto peer = peer_of(fd.get());
    if (!peer) continue;
    if (admit(*peer)) {
      adopt(std::move(fd), *peer);
    } else {
      turn_away(fd.get(), "too many connections");
    }
  }
}

bool ControlServer::Impl::admit(const Peer& peer) const {
  if (connections.size() >= options.max_connections) return false;
  if (peer.uid == 0) return true;
  const auto same = std::count_if(connections.begin(), connections.end(), [&](const auto& entry) {
    return entry.second.peer.uid == peer.uid;
  });
  return static_cast<std::size_t>(same) < options.max_per_user;
}

void ControlServer::Impl::adopt(UniqueFd fd, const Peer& peer) {
  const ConnectionId id = next_id++;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return;
  auto [entry, fresh] = connections.try_emplace(id, id, std::move(fd), peer, options.longest_line);
  entry->second.watched = EPOLLIN;
  ++counters.accepted;
}

void ControlServer::Impl::turn_away(int fd, std::string_view why) {
  ++counters.refused_full;
  const std::string line =
      answer_line("null", fail(Errc::unavailable, std::string(why), {}, "try again in a moment"));
  [[maybe_unused]] const ssize_t put = ::send(fd, line.data(), line.size(), MSG_NOSIGNAL);
}

void ControlServer::Impl::serve_peer(Connection& connection, std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) connection.hung_up = true;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !connection.receive()) {
    ++counters.dropped_line;
    send(connection, answer_line("null", fail(Errc::invalid, "the line is too long")));
    close_later(connection,
                "sent a line of more than " + std::to_string(options.longest_line) + " bytes");
  }
  take_lines(connection);
}

void ControlServer::Impl::take_lines(Connection& connection) {
  for (int taken = 0;
       taken < kLinesPerTurn && connection.closing.empty() && connection.unsent() < kEnoughUnsent;
       ++taken) {
    const auto line = connection.next_line();
    if (!line) break;
    take_line(connection, *line);
  }
  settle(connection);
}

void ControlServer::Impl::take_line(Connection& connection, std::string_view line) {
  auto message = parse_message(line, kRequestLimits);
  if (!message) {
    send(connection, answer_line("null", tl::unexpected(std::move(message.error()))));
    return;
  }
  const json* method = member(*message, "method");
  if (method == nullptr && (message->contains("answer") || message->contains("error"))) {
    handler->on_answer(connection.id, *message);
    return;
  }
  const ReplyTo to{connection.id, id_text(*message)};
  if (method == nullptr || !method->is_string()) {
    send(connection, answer_line(to.id, fail(Errc::invalid, "a request needs a method", {},
                                             R"(write for example {"id":1,"method":"status"})")));
    return;
  }
  ++counters.requests;
  ++connection.pending;
  static const json kNone = json::object();
  const json* params = member(*message, "params");
  handler->on_request(to, connection.peer, method->get_ref<const std::string&>(),
                      params == nullptr ? kNone : *params);
}

bool ControlServer::Impl::send(Connection& connection, std::string_view line) {
  if (!connection.closing.empty() || connection.deaf()) return false;
  connection.queue(line);
  connection.flush();
  // One answer may be longer than the bound; a second one waiting behind it may not.
  if (connection.unsent() > std::max(options.max_queued, line.size())) {
    ++counters.dropped_slow;
    close_later(connection, "does not read what is sent to it");
    return false;
  }
  settle(connection);
  return connection.closing.empty();
}

/// When all peers together hold too much, the one that holds most goes.
void ControlServer::Impl::count_held(Connection& connection) {
  held += connection.held() - connection.counted;
  connection.counted = connection.held();
  if (held <= options.max_held) return;
  Connection* worst = &connection;
  for (auto& [id, other] : connections) {
    if (other.closing.empty() && other.held() > worst->held()) worst = &other;
  }
  if (!worst->closing.empty()) return;
  ++(worst->unsent() * 2 > worst->held() ? counters.dropped_slow : counters.dropped_line);
  close_later(*worst, "holds the most memory of all peers");
}

/// Brings epoll and the lists up to date with what the connection needs now.
void ControlServer::Impl::settle(Connection& connection) {
  count_held(connection);
  // What came before the connection broke is answered like any other.
  if (connection.broken() && !connection.ready()) close_later(connection, "connection lost");
  if (!connection.closing.empty()) return;
  const bool readable = connection.ready() && connection.unsent() < kEnoughUnsent;
  if (readable &&
      std::find(unfinished.begin(), unfinished.end(), connection.id) == unfinished.end()) {
    unfinished.push_back(connection.id);
    poke();
  }
  if (connection.ended() && !connection.ready() &&
      (connection.hung_up || (connection.pending == 0 && connection.unsent() == 0))) {
    close_later(connection, "closed");
    return;
  }
  const std::uint32_t wanted = connection.wanted();
  if (wanted == connection.watched) return;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = connection.id;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection.fd(), &event) == 0) {
    connection.watched = wanted;
  }
}

void ControlServer::Impl::send_posted() {
  std::vector<std::pair<ConnectionId, std::string>> lines;
  {
    const std::lock_guard lock(mutex);
    lines.swap(posted);
  }
  for (const auto& [id, line] : lines) {
    if (Connection* to = find(id)) send(*to, line);
  }
}

void ControlServer::Impl::sweep() {
  // on_close may send to or drop others, and those are then due as well.
  for (bool again = true; std::exchange(again, false);) {
    for (auto entry = connections.begin(); entry != connections.end();) {
      if (entry->second.closing.empty()) {
        ++entry;
        continue;
      }
      const auto node = connections.extract(entry++);
      held -= node.mapped().counted;
      ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, node.mapped().fd(), nullptr);
      handler->on_close(node.key(), node.mapped().peer, node.mapped().closing);
      again = true;
    }
  }
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::open(ControlServerOptions options,
                                                           ControlHandler& handler) {
  auto impl = std::make_unique<Impl>();
  auto listener = listen_unix(options.path);
  if (!listener) return tl::unexpected(listener.error());
  impl->options = std::move(options);
  impl->handler = &handler;
  impl->listener = std::move(*listener);
  ::lstat(impl->options.path.c_str(), &impl->identity);
  impl->epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  impl->wake.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  impl->spare.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const auto& [fd, mark] :
       {std::pair{impl->listener.get(), kListener}, std::pair{impl->wake.get(), kWake}}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = mark;
    if (::epoll_ctl(impl->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return tl::unexpected(system_error(errno, "epoll"));
    }
  }
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::~ControlServer() {
  struct stat now {};
  if (::lstat(impl_->options.path.c_str(), &now) == 0 && now.st_ino == impl_->identity.st_ino &&
      now.st_dev == impl_->identity.st_dev) {
    ::unlink(impl_->options.path.c_str());
  }
}

int ControlServer::poll_fd() const { return impl_->epoll.get(); }

void ControlServer::serve() {
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(impl_->epoll.get(), events.data(), static_cast<int>(events.size()), 0);
  for (const ConnectionId id : std::exchange(impl_->unfinished, {})) {
    if (Connection* connection = impl_->find(id)) impl_->take_lines(*connection);
  }
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kListener) {
      impl_->accept_some();
    } else if (event.data.u64 == kWake) {
      std::uint64_t times = 0;
      [[maybe_unused]] const ssize_t got = ::read(impl_->wake.get(), &times, sizeof(times));
      if (!impl_->unfinished.empty()) impl_->poke();
    } else if (Connection* connection = impl_->find(event.data.u64)) {
      connection->flush();
      impl_->serve_peer(*connection, event.events);
    }
  }
  impl_->send_posted();
  impl_->sweep();
}

void ControlServer::reply(const ReplyTo& to, const Result<std::string>& answer) {
  Connection* connection = impl_->find(to.connection);
  if (connection == nullptr) return;
  if (connection->pending > 0) --connection->pending;
  std::string line = answer_line(to.id, answer);
  if (line.size() > kLongestAnswer) {
    line =
        answer_line(to.id, fail(Errc::refused, "the answer is too long", {}, "ask for less of it"));
  }
  impl_->send(*connection, line);
}

bool ControlServer::send(ConnectionId to, std::string_view line) {
  Connection* connection = impl_->find(to);
  return connection != nullptr && impl_->send(*connection, line);
}

void ControlServer::post(ConnectionId to, std::string line) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->posted.emplace_back(to, std::move(line));
  }
  impl_->poke();
}

void ControlServer::drop(ConnectionId connection, std::string why) {
  if (Connection* found = impl_->find(connection)) impl_->close_later(*found, std::move(why));
}

std::size_t ControlServer::connections() const { return impl_->connections.size(); }
const ControlServerCounters& ControlServer::counters() const { return impl_->counters; }

}  // namespace spillway
