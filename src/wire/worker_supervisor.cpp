#include "wire/worker_supervisor.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spillway {
namespace {

constexpr Duration kFirstPause = 500ms;
constexpr Duration kLongestPause = 30s;
/// Whoever reported for so long has earned a fresh start.
constexpr Duration kGoodLife = 10s;
/// From the start to the first frame: the program is loaded from a disk, perhaps under pressure.
constexpr Duration kFirstPromise = 10s;
constexpr Duration kInventoryEvery = 60s;
constexpr Duration kAskEvery = 100ms;
constexpr Duration kLookForDead = 1s;
constexpr int kMostFramesPerSecond = 200;
/// Per call, so that a flood leaves the loop its turn.
constexpr int kMostReads = 16;

std::string in_words(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

WorkerSupervisor::WorkerSupervisor(WorkerOptions options, DeviceReportSink& sink)
    : options_(std::move(options)),
      sink_(sink),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      pause_(kFirstPause) {}

TimePoint WorkerSupervisor::next_deadline() const {
  if (!child_) return next_start_;
  if (ending_) return next_check_;
  const TimePoint next = std::min(promised_, next_check_);
  return wish_ ? std::min(next, asked_ + kAskEvery) : next;
}

void WorkerSupervisor::tick(TimePoint now) {
  if (!child_) {
    if (now >= next_start_) start(now);
    return;
  }
  if (ending_) {
    next_check_ = now + kLookForDead;
    if (const auto status = child_->ended()) bury(now, *status);
    return;
  }
  wish_ = sink_.take_wish() || wish_;
  if (wish_ && now - asked_ >= kAskEvery) ask(now);
  if (now >= promised_) {
    return end_because(
        now, {Errc::timed_out, "reading " + doing_ + " took longer than " + to_string(promise_),
              "spillway-worker", "a sick driver: dmesg may say more"});
  }
  if (now < next_check_) return;
  next_check_ = now + kInventoryEvery;
  if (options_.inventory() == inventory_) return;
  explained_ = true;
  end(now);
}

void WorkerSupervisor::start(TimePoint now) {
  inventory_ = options_.inventory();
  if (inventory_.empty() || inventory_ == barren_) {
    next_start_ = now + kInventoryEvery;
    return;
  }
  auto arguments = options_.arguments;
  arguments.insert(arguments.end(), {"--socket", std::to_string(ChildProgram::kSocket)});
  auto child = ChildProgram::start(options_.program, arguments);
  if (!child) {
    sink_.set_trouble(Fault{"worker", std::move(child).error()});
    next_start_ = now + kLongestPause;
    return;
  }
  begin_with(*std::move(child), now);
}

void WorkerSupervisor::begin_with(ChildProgram child, TimePoint now) {
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, child.fd(), &event);
  child_ = std::move(child);
  ending_ = explained_ = wish_ = false;
  lines_ = LineBuffer(kLongestFrame);
  started_ = latest_ = asked_ = second_began_ = now;
  next_check_ = now + kInventoryEvery;
  frames_in_second_ = 0;
  doing_ = "its program";
  promise_ = kFirstPromise;
  promised_ = now + promise_;
}

void WorkerSupervisor::ask(TimePoint now) {
  wish_ = false;
  asked_ = now;
  ::send(child_->fd(), "l", 1, MSG_DONTWAIT | MSG_NOSIGNAL);  // full: it has been asked already
}

void WorkerSupervisor::on_readable(TimePoint now) {
  for (int reads = 0; child_ && !ending_ && reads < kMostReads; ++reads) {
    std::array<char, 16'384> bytes;
    const ssize_t n = ::recv(child_->fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return end(now);
    take_lines({bytes.data(), static_cast<std::size_t>(n)}, now);
  }
}

void WorkerSupervisor::take_lines(std::string_view bytes, TimePoint now) {
  if (!lines_.append(bytes)) {
    return end_because(now, {Errc::invalid, "a line without end", "spillway-worker", {}});
  }
  while (const auto line = ending_ ? std::nullopt : lines_.next()) {
    auto frame = parse_worker_frame(*line, now);
    if (!frame) return end_because(now, std::move(frame).error());
    take(*std::move(frame), now);
  }
}

void WorkerSupervisor::take(WorkerFrame frame, TimePoint now) {
  if (now - second_began_ >= 1s) {
    second_began_ = now;
    frames_in_second_ = 0;
  }
  if (++frames_in_second_ > kMostFramesPerSecond) {
    return end_because(now, {Errc::invalid, "a flood of frames", "spillway-worker", {}});
  }
  doing_ = std::move(frame.next);
  promise_ = frame.within;
  promised_ = now + promise_;
  latest_ = now;
  if (!frame.report.sensor.empty()) sink_.put(std::move(frame.report));
}

void WorkerSupervisor::end_because(TimePoint now, Error why) {
  sink_.set_trouble(Fault{"worker", std::move(why)});
  explained_ = true;
  end(now);
}

/// One that has ended by itself keeps its status: the signal comes too late.
void WorkerSupervisor::end(TimePoint now) {
  child_->kill();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, child_->fd(), nullptr);
  ending_ = true;
  next_check_ = now;
}

void WorkerSupervisor::bury(TimePoint now, int status) {
  child_.reset();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kWorkerNothingHere) {
    barren_ = inventory_;
    next_start_ = now + kInventoryEvery;
    return;
  }
  if (latest_ - started_ >= kGoodLife) pause_ = kFirstPause;
  next_start_ = now + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
  const bool wants_anew = WIFEXITED(status) && WEXITSTATUS(status) == kWorkerStartAgain;
  if (explained_ || wants_anew) return;
  sink_.set_trouble(Fault{"worker", Error{Errc::unavailable, in_words(status), options_.program,
                                          "a new one starts in " + to_string(next_start_ - now)}});
}

}  // namespace spillway
