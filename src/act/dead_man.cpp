#include "act/dead_man.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace spillway {
namespace {

enum class Order : std::uint8_t { hold, let_go };

struct Message {
  Order order = Order::hold;
  DeadMan::Kind kind = DeadMan::Kind::process;
  std::uint16_t slot = 0;
};

struct Envelope {
  Message message;
  iovec body{&message, sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};

  explicit Envelope(Message m = {}) : message(m) {
    header.msg_iov = &body;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;
};

// ---- In the helper: a forked copy of a program with threads, so system calls only.

struct Held {
  DeadMan::Kind kind;
  int fd;
};
std::array<Held, DeadMan::kSlots> held;

void thaw(const Held& target) {
  if (target.kind == DeadMan::Kind::process) {
    syscall(SYS_pidfd_send_signal, target.fd, SIGCONT, nullptr, 0);
    return;
  }
  const int file = openat(target.fd, "cgroup.freeze", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t n = write(file, "0", 1);
  close(file);
}

int received_fd(msghdr& header) {
  const cmsghdr* control = CMSG_FIRSTHDR(&header);
  if (control == nullptr || control->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(control), sizeof fd);
  return fd;
}

[[noreturn]] void serve(int socket) {
  for (Held& target : held) target = {DeadMan::Kind::process, -1};
  for (;;) {
    Envelope envelope;
    const ssize_t n = recvmsg(socket, &envelope.header, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n != sizeof(Message)) break;
    const Message& message = envelope.message;
    Held& target = held[message.slot % held.size()];
    if (target.fd >= 0) close(target.fd);
    target = {message.kind, message.order == Order::hold ? received_fd(envelope.header) : -1};
    if (message.order == Order::hold) send(socket, "", 1, MSG_NOSIGNAL);
  }
  for (const Held& target : held) {
    if (target.fd >= 0) thaw(target);
  }
  _exit(0);
}

[[noreturn]] void become_helper(int socket) {
  setsid();
  for (int number = 1; number < 32; ++number) {
    if (number != SIGSEGV && number != SIGBUS) signal(number, SIG_IGN);
  }
  // What it inherited would keep sockets open that everybody takes for closed.
  constexpr int kSocket = 3;
  dup2(socket, kSocket);
  close_range(0, kSocket - 1, 0);
  close_range(kSocket + 1, ~0U, 0);
  prctl(PR_SET_NAME, "spillway-thaw");
  serve(kSocket);
}

}  // namespace

Status DeadMan::start() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return tl::unexpected(system_error(errno, "socketpair"));
  }
  UniqueFd ours(ends[0]), theirs(ends[1]);
  const timeval patience{1, 0};
  setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

  // Twice, so that the helper is adopted by init and nobody has to wait for it. Without fork
  // handlers: it runs nothing that they would prepare for.
  const pid_t between = _Fork();
  if (between < 0) return tl::unexpected(system_error(errno, "fork"));
  if (between == 0) {
    if (_Fork() == 0) become_helper(theirs.get());
    _exit(0);
  }
  while (waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  helper_ = std::move(ours);
  return {};
}

Status DeadMan::tell(Slot slot) {
  const Guarded& target = guarded_[slot];
  Envelope envelope(
      {target.fd ? Order::hold : Order::let_go, target.kind, static_cast<std::uint16_t>(slot)});
  if (target.fd) {
    cmsghdr* control = CMSG_FIRSTHDR(&envelope.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = target.fd.get();
    std::memcpy(CMSG_DATA(control), &fd, sizeof fd);
  } else {
    envelope.header.msg_control = nullptr;
    envelope.header.msg_controllen = 0;
  }
  if (sendmsg(helper_.get(), &envelope.header, MSG_NOSIGNAL) < 0) {
    return tl::unexpected(system_error(errno, "spillway-thaw"));
  }
  if (!target.fd) return {};
  char word;
  ssize_t n;
  do {
    n = recv(helper_.get(), &word, 1, 0);
  } while (n < 0 && errno == EINTR);
  if (n == 1) return {};
  return tl::unexpected(system_error(n < 0 ? ETIMEDOUT : EPIPE, "spillway-thaw"));
}

Result<DeadMan::Slot> DeadMan::guard(Kind kind, int fd) {
  const std::lock_guard lock(mutex_);
  const auto free =
      std::find_if(guarded_.begin(), guarded_.end(), [](const Guarded& g) { return !g.fd; });
  if (free == guarded_.end()) return fail(Errc::unavailable, "too much is frozen already");
  free->kind = kind;
  free->fd.reset(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!free->fd) return tl::unexpected(system_error(errno, "dup"));
  const auto slot = static_cast<Slot>(free - guarded_.begin());

  if (helper_ && tell(slot)) return slot;
  Status told = start();
  for (Slot known = 0; told && known < kSlots; ++known) {
    if (guarded_[known].fd) told = tell(known);
  }
  if (told) return slot;
  helper_.reset();
  free->fd.reset();
  return tl::unexpected(told.error());
}

void DeadMan::release(Slot slot) {
  const std::lock_guard lock(mutex_);
  if (slot >= kSlots || !guarded_[slot].fd) return;
  guarded_[slot].fd.reset();
  // A helper that does not hear of it thaws what is not frozen: harmless.
  if (helper_) (void)tell(slot);
}

}  // namespace spillway
