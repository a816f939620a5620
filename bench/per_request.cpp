// What a hundred clients at once cost beside the model they all ask: bytes per request beyond the
// weights, copying each request through a socket, and writing it once into a SharedBuffer that a
// Lane keeps short.
//   per_request [CLIENTS] [MIB_PER_REQUEST]
// The server and the clients are two processes; their PSS is added up while all requests are open.

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <spillway/lane.hpp>
#include <spillway/shared_buffer.hpp>
#include <thread>
#include <vector>

#include "process_tree.h"

namespace {

using namespace std::chrono_literals;

struct Job {
  int clients = 100;
  std::size_t bytes = std::size_t{4} << 20;
};

bool read_all(int fd, void* to, std::size_t bytes) {
  for (auto* at = static_cast<char*>(to); bytes > 0;) {
    const ssize_t n = ::read(fd, at, bytes);
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}
bool write_all(int fd, const void* from, std::size_t bytes) {
  for (const auto* at = static_cast<const char*>(from); bytes > 0;) {
    const ssize_t n = ::write(fd, at, bytes);
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

/// The inference: one pass over the request, and then it takes its time.
std::uint64_t infer(const std::byte* data, std::size_t bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes; ++i) sum += std::to_integer<unsigned>(data[i]);
  std::this_thread::sleep_for(5ms);
  return sum;
}

using Ends = std::vector<std::pair<int, int>>;  // server's, client's

/// As most servers do: the request is received, then unpacked into the tensor the model wants.
void serve_copies(const Job& job, const Ends& ends) {
  spillway::Lane model(1, static_cast<std::size_t>(job.clients));
  std::vector<std::thread> threads;
  for (const auto& [fd, other] : ends) {
    threads.emplace_back([&, fd = fd] {
      std::vector<std::byte> body(job.bytes);
      if (!read_all(fd, body.data(), body.size())) return;
      const std::vector<std::byte> tensor(body);
      const auto answer = model.run([&] { return infer(tensor.data(), tensor.size()); });
      write_all(fd, &answer, sizeof answer);
    });
  }
  for (auto& thread : threads) thread.join();
}

void serve_tickets(const Job& job, const Ends& ends, spillway::SharedBuffer& buffer) {
  spillway::Lane model(1, static_cast<std::size_t>(job.clients));
  std::vector<std::thread> threads;
  for (const auto& [fd, other] : ends) {
    threads.emplace_back([&, fd = fd] {
      spillway::Ticket ticket;
      if (!read_all(fd, &ticket, sizeof ticket)) return;
      const auto answer = model.run([&] {
        const auto view = buffer.read(ticket);
        return infer(view.bytes().data(), view.bytes().size());
      });
      write_all(fd, &answer, sizeof answer);
    });
  }
  for (auto& thread : threads) thread.join();
}

/// Fills a request; `right` is what the answer must be.
std::uint64_t fill(std::span<std::byte> request, int client) {
  std::memset(request.data(), client & 0x7f, request.size());
  return static_cast<std::uint64_t>(client & 0x7f) * request.size();
}

std::atomic<int> wrong{0};

void ask_all(const Job& job, const Ends& ends, const std::function<std::uint64_t(int, int)>& send) {
  std::vector<std::thread> threads;
  for (int i = 0; i < job.clients; ++i) {
    threads.emplace_back([&, i] {
      const int fd = ends[static_cast<std::size_t>(i)].second;
      const std::uint64_t right = send(i, fd);
      std::uint64_t answer = 0;
      if (!read_all(fd, &answer, sizeof answer) || answer != right) ++wrong;
    });
  }
  for (auto& thread : threads) thread.join();
}

/// Of the clients and, as their child, the server.
double pss_mib() { return bench::cost_of(::getpid()).pss_kib / 1024; }

void measure(const char* name, const Job& job, const std::function<void(const Ends&)>& serve,
             const std::function<std::uint64_t(int, int)>& send) {
  Ends ends;
  for (int i = 0; i < job.clients; ++i) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) std::exit(1);
    ends.emplace_back(pair[0], pair[1]);
  }
  const pid_t server = ::fork();
  if (server == 0) {
    serve(ends);
    ::_exit(0);
  }
  std::this_thread::sleep_for(100ms);
  const double before = pss_mib();
  std::atomic<bool> done{false};
  double peak = before;
  std::thread watcher([&] {
    while (!done) peak = std::max(peak, pss_mib());
  });
  ask_all(job, ends, send);
  done = true;
  watcher.join();
  ::waitpid(server, nullptr, 0);
  for (const auto& [a, b] : ends) {
    ::close(a);
    ::close(b);
  }
  std::printf("%-34s %10.1f %14.2f %8d\n", name, peak - before, (peak - before) / job.clients,
              wrong.exchange(0));
}

}  // namespace

int main(int argc, char** argv) {
  Job job;
  if (argc > 1) job.clients = std::atoi(argv[1]);
  if (argc > 2) job.bytes = static_cast<std::size_t>(std::atoi(argv[2])) << 20;
  std::printf("%d clients at once, %zu MiB a request\n", job.clients, job.bytes >> 20);
  std::printf("%-34s %10s %14s %8s\n", "", "peak MiB", "MiB/request", "wrong");

  measure(
      "copied through sockets", job, [&](const Ends& ends) { serve_copies(job, ends); },
      [&](int client, int fd) {
        std::vector<std::byte> request(job.bytes);
        const std::uint64_t right = fill(request, client);
        write_all(fd, request.data(), request.size());
        return right;
      });

  constexpr std::uint32_t kSlots = 8;
  auto buffer = spillway::SharedBuffer::create(kSlots, static_cast<std::uint32_t>(job.bytes));
  measure(
      "SharedBuffer of 8, Lane of 1", job,
      [&](const Ends& ends) { serve_tickets(job, ends, buffer); },
      [&](int client, int fd) {
        // A full ring refuses; a client that can wait tries again.
        while (true) {
          auto draft = buffer.draft(job.bytes);
          if (!draft) {
            std::this_thread::sleep_for(2ms);
            continue;
          }
          const std::uint64_t right = fill(draft->bytes(), client);
          const spillway::Ticket ticket = draft->commit();
          write_all(fd, &ticket, sizeof ticket);
          return right;
        }
      });
  return 0;
}
