#include "wire/guest_session.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "wire/control_client.h"
#include "wire/fields.h"

namespace spillway {

using nlohmann::json;

namespace {

constexpr Duration kWriteWithin = 5s;  // a daemon that reads nothing for this long is lost

}  // namespace

struct GuestSession::State {
  State(LineStream connected, GuestCallbacks to)
      : stream(std::move(connected)), callbacks(std::move(to)) {}

  LineStream stream;
  const GuestCallbacks callbacks;
  std::thread reader;

  std::mutex writing;  // one line at a time; never held with `mutex`
  std::mutex mutex;
  std::condition_variable answered;
  bool lost = false;
  bool closing = false;  // by the owner: no more callbacks
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, std::optional<Result<json>>> calls;  // open ones, and their answers

  Status write_line(std::string_view line);
  void read_all();
  void take(const json& message);
  bool quiet() {
    const std::lock_guard lock(mutex);
    return closing;
  }
};

Status GuestSession::State::write_line(std::string_view line) {
  const std::lock_guard lock(writing);
  auto written = stream.write(line, kWriteWithin);
  if (!written) stream.shut();
  return written;
}

void GuestSession::State::take(const json& message) {
  if (const json* event = member(message, "event")) {
    if (callbacks.on_event && !quiet()) callbacks.on_event(*event);
    return;
  }
  if (message.contains("ask")) {
    if (auto ask = ask_of(message); ask && callbacks.on_ask && !quiet()) callbacks.on_ask(*ask);
    return;
  }
  const auto id = u64_of(message, "id");
  if (!id) return;
  const json* error = member(message, "error");
  const std::lock_guard lock(mutex);
  const auto open = calls.find(*id);
  if (open == calls.end()) return;  // its caller gave up
  if (error != nullptr) {
    open->second = tl::unexpected(error_of(*error));
  } else {
    open->second = message.value("result", json());
  }
  answered.notify_all();
}

void GuestSession::State::read_all() {
  Error end;
  while (!quiet()) {
    const auto line = stream.read(24h);
    if (!line && line.error().code == Errc::timed_out) continue;
    if (!line) {
      end = line.error();
      break;
    }
    if (const auto message = parse_message(*line, kAnswerLimits)) take(*message);
  }
  bool tell = false;
  {
    const std::lock_guard lock(mutex);
    lost = true;
    tell = !closing;
  }
  answered.notify_all();
  if (tell && callbacks.on_lost) callbacks.on_lost(end);
}

GuestSession::GuestSession(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<GuestSession>> GuestSession::open(const std::vector<std::string>& sockets,
                                                         std::string_view program,
                                                         GuestCallbacks callbacks,
                                                         Duration timeout) {
  auto client = ControlClient::connect(sockets, timeout);
  if (!client) return tl::unexpected(client.error());
  if (auto greeted = client->hello(program, timeout); !greeted) {
    return tl::unexpected(greeted.error());
  }
  auto state = std::make_shared<State>(client->release(), std::move(callbacks));
  // The thread keeps the state alive: a session destroyed inside a callback leaves it running.
  state->reader = std::thread([state] { state->read_all(); });
  return std::unique_ptr<GuestSession>(new GuestSession(std::move(state)));
}

GuestSession::~GuestSession() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->stream.shut();
  if (state_->reader.get_id() == std::this_thread::get_id()) {
    state_->reader.detach();
  } else {
    state_->reader.join();
  }
}

Result<json> GuestSession::call(std::string_view method, std::string_view params,
                                Duration timeout) {
  State& state = *state_;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(state.mutex);
    if (state.lost) return fail(Errc::unavailable, "the daemon is gone");
    id = ++state.last_id;
    state.calls.emplace(id, std::nullopt);
  }
  const Status sent = state.write_line(request_line(id, method, params));
  std::unique_lock lock(state.mutex);
  if (sent) {
    state.answered.wait_for(lock, timeout,
                            [&] { return state.lost || state.calls.at(id).has_value(); });
  }
  auto answer = std::move(state.calls.extract(id).mapped());
  if (answer) return std::move(*answer);
  if (!sent) return tl::unexpected(sent.error());
  if (state.lost) return fail(Errc::unavailable, "the daemon is gone");
  return fail(Errc::timed_out, "the daemon did not answer in time");
}

void GuestSession::answer(std::uint64_t ask, const Result<GuestReply>& reply) {
  // Lost on the way means that the daemon is gone, and it then knows better than the answer did.
  (void)state_->write_line(ask_answer_line(ask, reply));
}

bool GuestSession::alive() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->lost;
}

}  // namespace spillway
