#include "base/log.h"

#include <utility>

namespace spillway {

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
  if (queued_bytes_ + text.size() > capacity_bytes_) {
    ++dropped_;
    return;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  queued_bytes_ += text.size();
  queue_.push_back({severity, std::move(text)});
  ready_.notify_one();
}

std::uint64_t Log::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void Log::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    LogLine line = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= line.text.size();
    const std::uint64_t lost = dropped_ - reported_;
    reported_ = dropped_;
    lock.unlock();
    if (lost > 0) {
      sink_({Severity::warning, std::to_string(lost) + " log lines were dropped, the queue was full"});
    }
    sink_(line);
    lock.lock();
  }
}

}  // namespace spillway
