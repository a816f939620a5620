#include "base/log.h"

#include <utility>

#include "base/thread.h"

namespace spillway {
namespace {

std::size_t cost(const std::string& text) { return sizeof(LogLine) + text.size(); }

}  // namespace

const char* name(Severity severity) {
  switch (severity) {
    case Severity::debug: return "debug";
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "info";
}

Log::Log(Sink sink, std::size_t capacity_bytes)
    : sink_(std::move(sink)), capacity_bytes_(capacity_bytes) {}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Log::write(Severity severity, std::string text) {
  if (severity < threshold_) return;
  const std::lock_guard lock(mutex_);
  const std::size_t size = cost(text);
  if (queued_bytes_ + size > capacity_bytes_ || !started()) {
    ++dropped_;
    return;
  }
  queued_bytes_ += size;
  queue_.push_back({severity, std::move(text)});
  ready_.notify_one();
}

bool Log::started() {
  if (thread_.joinable()) return true;
  auto thread = start_thread([this] { run(); });
  if (!thread) return false;  // drop, and try again later
  thread_ = *std::move(thread);
  return true;
}

std::uint64_t Log::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void Log::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    const std::deque<LogLine> lines = std::exchange(queue_, {});
    const std::size_t written = queued_bytes_;
    const std::uint64_t lost = dropped_ - std::exchange(reported_, dropped_);
    if (lines.empty() && lost == 0) return;
    lock.unlock();
    for (const LogLine& line : lines) sink_(line);
    if (lost > 0) {
      sink_({Severity::warning,
             std::to_string(lost) + " log lines were dropped, the queue was full"});
    }
    lock.lock();
    queued_bytes_ -= written;  // only now: lines on their way to a hanging sink take memory too
  }
}

}  // namespace spillway
