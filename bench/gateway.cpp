// What the gateway adds to a request and to a stream, beside nginx passing on the same:
//   gateway SPILLWAY_GATEWAY
// The model server is one of our own, which answers at once; every figure is taken in one run, by turns.

#include <signal.h>
#include <unistd.h>

#include <utility>
//
#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "process_tree.h"

namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::uint16_t kServer = 24180, kNginx = 24181, kGateway = 24182, kCutting = 24183;

long long now_ns() { return Clock::now().time_since_epoch().count(); }

// --- the model server -----------------------------------------------------------------------------

net::awaitable<void> stream_answer(tcp::socket& socket, int chunks,
                                   std::chrono::milliseconds pause) {
  co_await net::async_write(
      socket,
      net::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n")),
      net::use_awaitable);
  net::steady_timer timer(co_await net::this_coro::executor);
  for (int i = 0; i < chunks; ++i) {
    timer.expires_after(pause);
    co_await timer.async_wait(net::use_awaitable);
    char event[64], piece[96];
    const int size = std::snprintf(event, sizeof event, "data: %lld\n\n", now_ns());
    const int whole = std::snprintf(piece, sizeof piece, "%x\r\n%s\r\n", size, event);
    co_await net::async_write(socket, net::buffer(piece, static_cast<std::size_t>(whole)),
                              net::use_awaitable);
  }
  co_await net::async_write(socket, net::buffer("0\r\n\r\n", 5), net::use_awaitable);
}

net::awaitable<void> serve(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  boost::beast::flat_buffer buffer;
  try {
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(std::uint64_t{1} << 30);
      co_await http::async_read(socket, buffer, parser, net::use_awaitable);
      const bool streams = parser.get().body().starts_with("{\"stream\":true");
      if (streams) {
        co_await stream_answer(socket, 40, 25ms);
      } else {
        http::response<http::string_body> answer(http::status::ok, 11);
        answer.set(http::field::content_type, "application/json");
        answer.body() = parser.get().method() == http::verb::post ? "{\"choices\":[]}" : "{}";
        answer.keep_alive(parser.get().keep_alive());
        answer.prepare_payload();
        co_await http::async_write(socket, answer, net::use_awaitable);
      }
      if (!parser.get().keep_alive()) co_return;
    }
  } catch (const boost::system::system_error&) {
    // The peer has gone.
  }
}

net::awaitable<void> accept(tcp::acceptor acceptor) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(net::use_awaitable);
    net::co_spawn(acceptor.get_executor(), serve(std::move(socket)), net::detached);
  }
}

// --- programs ---------------------------------------------------------------------------------------

bool is_there(std::uint16_t port) {
  net::io_context context;
  tcp::socket socket(context);
  boost::system::error_code error;
  for (int i = 0; i < 100; ++i) {
    socket.connect(tcp::endpoint(net::ip::make_address("127.0.0.1"), port), error);
    if (!error) return true;
    socket.close();
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

// --- a client -----------------------------------------------------------------------------------------

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) {
    socket_.connect(tcp::endpoint(net::ip::make_address("127.0.0.1"), port));
    socket_.set_option(tcp::no_delay(true));
  }
  void send(const std::string& body) {
    const std::string head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n";
    const std::array<net::const_buffer, 2> both{net::buffer(head), net::buffer(body)};
    net::write(socket_, both);
  }
  /// The status; 0 where there was no answer.
  unsigned answer() {
    http::response_parser<http::string_body> parser;
    boost::system::error_code error;
    http::read(socket_, buffer_, parser, error);
    return error ? 0 : parser.get().result_int();
  }
  /// Calls each(delay in ns) per event of a stream; false where it was cut short.
  bool events(const std::function<void(long long)>& each) {
    http::response_parser<http::buffer_body> parser;
    boost::system::error_code error;
    http::read_header(socket_, buffer_, parser, error);
    std::string text;
    std::array<char, 4096> piece;
    while (!error && !parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      http::read_some(socket_, buffer_, parser, error);
      if (error == http::error::need_buffer) error = {};
      const long long arrived = now_ns();
      text.append(piece.data(), piece.size() - parser.get().body().size);
      for (auto end = text.find("\n\n"); end != text.npos; end = text.find("\n\n")) {
        if (text.starts_with("data: ")) each(arrived - std::atoll(text.c_str() + 6));
        text.erase(0, end + 2);
      }
    }
    return !error;
  }

 private:
  net::io_context context_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

/// A history of `calls` results of some 4,000 characters.
std::string history(int calls, int nonce) {
  std::string body =
      R"({"model":"m","max_tokens":300,"messages":[{"role":"system","content":"You are an agent."},)"
      R"({"role":"user","content":"question )" +
      std::to_string(nonce) + "\"}";
  std::string result;
  for (int i = 0; result.size() < 4000; ++i) {
    result +=
        R"(\"row\": )" + std::to_string(i * 7919 % 10007) + R"(, \"name\": \"some value\",\n)";
  }
  for (int i = 0; i < calls; ++i) {
    const std::string id = "call_" + std::to_string(i);
    body += R"(,{"role":"assistant","content":null,"tool_calls":[{"id":")" + id +
            R"(","type":"function","function":{"name":"read","arguments":"{}"}}]},)" +
            R"({"role":"tool","tool_call_id":")" + id + R"(","content":")" + std::to_string(i) +
            ' ' + result + "\"}";
  }
  return body + "]}";
}

struct Spread {
  double p50 = 0, p99 = 0, most = 0;
};
Spread spread(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(values.size())))];
  };
  return {at(0.5), at(0.99), values.back()};
}

// --- tables ---------------------------------------------------------------------------------------------

struct Way {
  const char* name;
  std::uint16_t port;
};

void added_latency(const std::vector<Way>& ways) {
  constexpr int kRounds = 200;
  std::vector<std::vector<double>> took(ways.size());
  std::vector<std::unique_ptr<Client>> clients;
  for (const Way& way : ways) clients.push_back(std::make_unique<Client>(way.port));
  for (int round = 0; round < kRounds; ++round) {
    const std::string body = history(98, round);
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const auto begin = Clock::now();
      clients[i]->send(body);
      if (clients[i]->answer() != 200) std::printf("%s: no answer\n", ways[i].name);
      took[i].push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
  }
  std::printf("a request with a history of %.0f KB (100k tokens), %d each, by turns\n\n",
              static_cast<double>(history(98, 0).size()) / 1e3, kRounds);
  std::printf("%-28s %10s %10s %14s %14s\n", "", "p50 ms", "p99 ms", "added p50 ms",
              "added p99 ms");
  const Spread direct = spread(took[0]);
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const Spread one = spread(took[i]);
    std::printf("%-28s %10.2f %10.2f %14.2f %14.2f\n", ways[i].name, one.p50, one.p99,
                one.p50 - direct.p50, one.p99 - direct.p99);
  }
}

void streams(const std::vector<Way>& ways, int at_once) {
  std::printf("\n%d stream%s of 40 events, 25 ms apart\n\n%-28s %12s %12s %12s %10s %6s\n", at_once,
              at_once == 1 ? "" : "s at once", "", "event p50 us", "p99 us", "first ms", "most ms",
              "lost");
  for (const Way& way : ways) {
    std::vector<double> delays, firsts;
    std::mutex mutex;
    int lost = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < at_once; ++i) {
      threads.emplace_back([&] {
        std::vector<double> mine;
        double first = 0;
        bool whole = false;
        try {
          const auto begin = Clock::now();
          Client client(way.port);
          client.send(
              R"({"stream":true,"max_tokens":10,"messages":[{"role":"user","content":"x"}]})");
          whole = client.events([&](long long delay) {
            if (mine.empty())
              first = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
            mine.push_back(static_cast<double>(delay) / 1e3);
          });
        } catch (const boost::system::system_error&) {
        }
        const std::lock_guard lock(mutex);
        delays.insert(delays.end(), mine.begin(), mine.end());
        firsts.push_back(first);
        lost += whole && mine.size() == 40 ? 0 : 1;
      });
    }
    for (std::thread& thread : threads) thread.join();
    const Spread delay = spread(delays), first = spread(firsts);
    std::printf("%-28s %12.0f %12.0f %12.1f %10.1f %6d\n", way.name, delay.p50, delay.p99,
                first.p50, first.most, lost);
  }
}

void conversations(std::uint16_t port, pid_t gateway) {
  const double before = bench::cost_of(gateway).rss_kib / 1024;
  Client client(port);
  for (int i = 0; i < 1000; ++i) {
    client.send(history(30, i));
    if (client.answer() != 200) std::printf("no answer\n");
  }
  std::printf(
      "\n1,000 conversations of 30k tokens (%.0f KB), each cut: RSS %.1f MiB, %.1f before\n",
      static_cast<double>(history(30, 0).size()) / 1e3, bench::cost_of(gateway).rss_kib / 1024,
      before);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  ::signal(SIGPIPE, SIG_IGN);
  net::io_context context(1);
  net::co_spawn(
      context,
      accept(tcp::acceptor(context, tcp::endpoint(net::ip::make_address("127.0.0.1"), kServer))),
      net::detached);
  std::thread server([&] { context.run(); });

  const std::string folder =
      std::filesystem::temp_directory_path() / ("spillway-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/nginx.conf")
      << "daemon off; user root; worker_processes 1; pid " << folder
      << "/pid; error_log /dev/null;\n"
      << "events { worker_connections 2048; }\n"
      << "http { access_log off; client_max_body_size 1g; client_body_buffer_size 4m;\n"
      << " client_body_temp_path " << folder << "; proxy_temp_path " << folder
      << "; fastcgi_temp_path " << folder << "; uwsgi_temp_path " << folder << "; scgi_temp_path "
      << folder << ";\n"
      << " server { listen 127.0.0.1:" << kNginx << " backlog=1024;\n"
      << "  location / { proxy_pass http://127.0.0.1:" << kServer
      << "; proxy_http_version 1.1; proxy_buffering off; } } }\n";
  const auto gateway = [&](std::uint16_t port, const char* window) {
    return std::vector<std::string>{argv[1],
                                    "--listen",
                                    "127.0.0.1:" + std::to_string(port),
                                    "--upstream",
                                    "http://127.0.0.1:" + std::to_string(kServer),
                                    "--window",
                                    window};
  };
  {
    const std::string peer = bench::find_program("nginx");
    bench::Program nginx({peer.empty() ? "true" : peer, "-p", folder, "-c", folder + "/nginx.conf"},
                         "/dev/null");
    bench::Program passing(gateway(kGateway, "1000000"), "/dev/null"),
        cutting(gateway(kCutting, "100000"), "/dev/null");
    const bool has_nginx = is_there(kNginx);
    if (!has_nginx) std::printf("nginx is not installed: no peer in this table\n");
    if (is_there(kGateway) && is_there(kCutting)) {
      std::vector<Way> ways{{"direct", kServer}};
      if (has_nginx) ways.push_back({"nginx", kNginx});
      ways.push_back({"spillway-gateway", kGateway});
      std::vector<Way> all = ways;
      all.push_back({"spillway-gateway, a cut", kCutting});
      added_latency(all);
      streams(ways, 1);
      streams(ways, 200);
      conversations(kCutting, cutting.pid());
    }
  }
  std::filesystem::remove_all(folder);
  context.stop();
  server.join();
}
