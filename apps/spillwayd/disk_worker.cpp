#include "disk_worker.h"

#include <utility>

#include "base/thread.h"

namespace spillway {
namespace {

constexpr std::size_t kMostWaiting = 64;

}  // namespace

DiskWorker::~DiskWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool DiskWorker::run(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (jobs_.size() >= kMostWaiting) return false;
  if (!thread_.joinable()) {
    auto thread = start_thread([this] { work(); });
    if (!thread) return false;
    thread_ = *std::move(thread);
  }
  jobs_.push_back(std::move(job));
  ready_.notify_one();
  return true;
}

void DiskWorker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace spillway
