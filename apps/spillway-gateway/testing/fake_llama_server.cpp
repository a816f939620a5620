#include "testing/fake_llama_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace spillway::gateway {
namespace {

using nlohmann::json;

std::string lower(beast::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

void answer(tcp::socket& socket, unsigned status, const json& body) {
  http::response<http::string_body> response(static_cast<http::status>(status), 11);
  response.set(http::field::content_type, "application/json; charset=utf-8");
  response.keep_alive(false);
  response.body() = body.dump();
  response.prepare_payload();
  ErrorCode ignored;
  http::write(socket, response, ignored);
}

json chunk(std::size_t index) {
  return {{"id", "chatcmpl-1"},
          {"object", "chat.completion.chunk"},
          {"choices", json::array({{{"index", 0},
                                    {"delta", {{"content", "w" + std::to_string(index)}}},
                                    {"finish_reason", nullptr}}})}};
}

/// Every call has its result before the next message that is none, and every result its call.
bool is_paired(const json& messages) {
  std::vector<std::string> open;
  for (const json& message : messages) {
    const std::string role = message.value("role", "");
    if (role == "tool") {
      const auto at = std::find(open.begin(), open.end(), message.value("tool_call_id", ""));
      if (at == open.end()) return false;
      open.erase(at);
      continue;
    }
    if (!open.empty()) return false;
    if (message.contains("tool_calls")) {
      for (const json& call : message["tool_calls"]) open.push_back(call.value("id", ""));
    }
  }
  return true;
}

}  // namespace

std::string FakeLlamaServer::Seen::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string FakeLlamaServer::rendered(const std::string& body) {
  const json request = json::parse(body);
  std::string prompt;
  if (request.contains("tools")) prompt += request["tools"].dump();
  for (const json& message : request["messages"]) {
    prompt += "<|im_start|>" + message.value("role", "") + "\n";
    if (message.contains("content") && message["content"].is_string()) {
      prompt += message["content"].get<std::string>();
    }
    if (message.contains("tool_calls")) prompt += message["tool_calls"].dump();
    prompt += "<|im_end|>\n";
  }
  return prompt + "<|im_start|>assistant\n";
}

FakeLlamaServer::FakeLlamaServer(Behaviour behaviour)
    : behaviour_(behaviour),
      acceptor_(context_, tcp::endpoint(net::ip::make_address("127.0.0.1"), 0)),
      port_(acceptor_.local_endpoint().port()),
      accepting_([this] { accept(); }) {}

FakeLlamaServer::~FakeLlamaServer() {
  ends_ = true;
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  accepting_.join();
  for (const UniqueFd& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
  for (std::thread& thread : threads_) thread.join();
}

std::vector<FakeLlamaServer::Seen> FakeLlamaServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void FakeLlamaServer::accept() {
  while (!ends_) {
    ErrorCode error;
    tcp::socket socket = acceptor_.accept(error);
    if (error) return;
    ++open_;
    // A copy of the descriptor stays ours, so that its number names nothing else when we end.
    sockets_.emplace_back(::dup(socket.native_handle()));
    threads_.emplace_back([this, moved = std::move(socket)]() mutable {
      serve(std::move(moved));
      --open_;
    });
  }
}

void FakeLlamaServer::serve(tcp::socket socket) {
  beast::flat_buffer buffer;
  http::request_parser<http::string_body> parser;
  parser.body_limit(std::uint64_t{1} << 30);
  ErrorCode error;
  http::read(socket, buffer, parser, error);
  if (error) return;
  const auto& request = parser.get();
  const std::string target(request.target());
  if (target == "/props") {
    return answer(socket, 200,
                  {{"default_generation_settings", {{"n_ctx", behaviour_.n_ctx}}},
                   {"total_slots", 1},
                   {"model_path", "/models/fake.gguf"}});
  }
  const bool is_count = target == "/tokenize" || target == "/apply-template";
  if (is_count && !behaviour_.counts) return answer(socket, 404, {{"error", {{"code", 404}}}});
  if (target == "/apply-template")
    return answer(socket, 200, {{"prompt", rendered(request.body())}});
  if (target == "/tokenize") {
    const std::string content = json::parse(request.body())["content"];
    return answer(socket, 200, {{"tokens", std::vector<int>(tokens(content), 7)}});
  }
  {
    const std::lock_guard lock(mutex_);
    Seen& seen = seen_.emplace_back();
    seen.target = target;
    seen.body = request.body();
    for (const auto& header : request) {
      seen.headers.emplace_back(lower(header.name_string()), std::string(header.value()));
    }
  }
  if (target == "/v1/chat/completions") return chat(socket, request);
  answer(socket, target == "/v1/models" ? 200 : 404, {{"target", target}});
}

void FakeLlamaServer::chat(tcp::socket& socket, const http::request<http::string_body>& request) {
  const json asked = json::parse(request.body(), nullptr, false);
  if (!asked.is_object() || !asked.contains("messages") || !is_paired(asked["messages"])) {
    return answer(
        socket, 400,
        {{"error",
          {{"code", 400}, {"message", "invalid messages"}, {"type", "invalid_request_error"}}}});
  }
  const std::uint64_t prompt = tokens(rendered(request.body()));
  if (prompt + asked.value("max_tokens", std::uint64_t{0}) > behaviour_.n_ctx) {
    return answer(socket, 400,
                  {{"error",
                    {{"code", 400},
                     {"message", "the request exceeds the available context size"},
                     {"type", "exceed_context_size_error"},
                     {"n_prompt_tokens", prompt},
                     {"n_ctx", behaviour_.n_ctx}}}});
  }
  if (behaviour_.is_silent) {
    char byte = 0;
    ErrorCode gone;
    (void)socket.read_some(net::buffer(&byte, 1), gone);
    if (gone && !ends_) ++broken_off_;
    return;
  }
  if (asked.value("stream", false)) return stream(socket);
  answer(socket, 200,
         {{"object", "chat.completion"},
          {"choices", json::array({{{"index", 0},
                                    {"message", {{"role", "assistant"}, {"content", "done"}}},
                                    {"finish_reason", "stop"}}})},
          {"usage",
           {{"prompt_tokens", prompt}, {"completion_tokens", 1}, {"total_tokens", prompt + 1}}}});
}

void FakeLlamaServer::stream(tcp::socket& socket) {
  ErrorCode error;
  const auto write = [&](const std::string& text) {
    if (!error) net::write(socket, net::buffer(text), error);
  };
  const auto send = [&](const std::string& data) {
    const std::string event = "data: " + data + "\n\n";
    std::ostringstream size;
    size << std::hex << event.size();
    write(size.str() + "\r\n" + event + "\r\n");
  };
  write(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nServer: llama.cpp\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  for (std::size_t i = 0; i < behaviour_.pieces && !error; ++i) {
    if (i == behaviour_.breaks_after) {
      socket.shutdown(tcp::socket::shutdown_both, error);
      return;
    }
    std::this_thread::sleep_for(behaviour_.pause);
    send(chunk(i).dump());
  }
  send("[DONE]");
  write("0\r\n\r\n");
  if (error && !ends_) ++broken_off_;
}

}  // namespace spillway::gateway
