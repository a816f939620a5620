#include "worker.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "wire/worker_supervisor.h"

namespace spillway {
namespace {

constexpr Duration kPace = 1s;
constexpr Duration kShortestPace = 100ms;
/// A walk over all processes takes about 10 ms.
constexpr Duration kOwnersEvery = 5s;
/// A sensor's turn: each call takes microseconds, unless the driver is sick. Opening a driver for the
/// first time may have to wait for its GPUs to start.
constexpr Duration kTurn = 5s;
constexpr Duration kFirstTurn = 30s;
/// NVML never finds a lost GPU again, nor a driver that was replaced; a new process does.
constexpr Duration kGiveUpAfter = 30s;

bool is_watching(const DeviceReport& report) {
  return !report.seen.pools.empty() || !report.seen.faults.empty() ||
         std::any_of(report.capabilities.begin(), report.capabilities.end(),
                     [](const Capability& c) { return c.available; });
}

bool is_silent(const DeviceReport& report) {
  return report.capabilities.empty() && report.seen.pools.empty() && report.seen.faults.empty() &&
         report.seen.events.empty() && report.seen.device_uses.empty();
}

}  // namespace

WorkerFrame Worker::read(std::size_t index, bool owners) {
  Sensor& sensor = *sensors_[index];
  const TimePoint now = clock_.now();
  auto readings = sensor.read({.now = now, .owners = owners, .tenants = {}});
  std::vector<Fault> faults;
  if (!readings) faults.push_back({std::string(sensor.name()), readings.error()});
  WorkerFrame frame;
  frame.report.sensor = sensor.name();
  frame.report.seen = make_snapshot(now, {}, std::move(readings).value_or(std::vector<Reading>{}),
                                    std::move(faults));
  sensor.capabilities(frame.report.capabilities);
  const bool last = index + 1 == sensors_.size();
  frame.next = next_after(index);
  frame.within = (rounds_ == 0 ? kFirstTurn : kTurn) + (last ? kPace : Duration{});
  return frame;
}

/// The sensor whose frame is expected next.
std::string Worker::next_after(std::size_t index) const {
  for (std::size_t step = 1; step < sensors_.size(); ++step) {
    const std::size_t next = (index + step) % sensors_.size();
    if (spoke_.empty() || spoke_[next]) return std::string(sensors_[next]->name());
  }
  return std::string(sensors_[index]->name());
}

std::string Worker::once() {
  std::string lines;
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    WorkerFrame frame = read(i, true);
    if (!is_silent(frame.report)) lines += format_worker_frame(std::move(frame));
  }
  return lines;
}

/// False when the other end is gone.
bool Worker::send(WorkerFrame frame) const {
  const std::string line = format_worker_frame(std::move(frame));
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Worker::round() {
  const TimePoint now = began_ = clock_.now();
  const bool owners = asked_ || rounds_ == 0 || now - owners_read_ >= kOwnersEvery;
  if (owners) owners_read_ = now;
  asked_ = faulty_ = anything_ = false;
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    WorkerFrame frame = read(i, owners);
    faulty_ = faulty_ || !frame.report.seen.faults.empty();
    anything_ = anything_ || is_watching(frame.report);
    // A sensor that fell silent says so once; the last one always speaks, for its promise.
    const bool speaks = !is_silent(frame.report);
    const bool must = speaks || spoke_[i] || i + 1 == sensors_.size();
    spoke_[i] = speaks;
    if (must && !send(std::move(frame))) return false;
  }
  ++rounds_;
  return true;
}

/// Until the next round is due; false when the other end is gone, which is looked for at least once.
bool Worker::wait() {
  std::vector<WakeFd> wakes;
  for (const auto& sensor : sensors_) sensor->wake_fds(wakes);
  std::vector<pollfd> fds{{socket_, POLLIN, 0}};
  for (const WakeFd& wake : wakes) fds.push_back({wake.fd, wake.events, 0});
  for (;;) {
    const Duration left = began_ + (asked_ ? kShortestPace : kPace) - clock_.now();
    const auto ms =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Duration{})).count();
    // Once asked, only the pace counts: what is ready stays ready until the round reads it.
    const auto count = asked_ ? 1 : fds.size();
    if (::poll(fds.data(), count, static_cast<int>(ms)) > 0) {
      asked_ = true;
      std::array<char, 64> bytes;
      if (fds[0].revents != 0 && ::recv(socket_, bytes.data(), bytes.size(), 0) <= 0) return false;
    }
    if (left <= Duration{}) return true;
  }
}

int Worker::run(int socket) {
  socket_ = socket;
  spoke_.assign(sensors_.size(), true);  // what a worker before this one told is taken back
  WorkerFrame first;
  first.next = sensors_.front()->name();
  first.within = kFirstTurn;
  TimePoint well = clock_.now();  // when there was last no fault
  for (bool there = send(std::move(first)); there && round(); there = wait()) {
    if (!anything_) return kWorkerNothingHere;
    if (!faulty_) well = clock_.now();
    if (clock_.now() - well >= kGiveUpAfter) return kWorkerStartAgain;
  }
  return 0;
}

}  // namespace spillway
