#include "engine/executor.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace spillway {
namespace {

/// An action that keeps to its deadline has this long to say so before its thread is taken away.
constexpr Duration kGrace = 100ms;
/// A thread without work ends after this.
constexpr Duration kLinger = 5s;
/// How long the destructor waits for what is about to end.
constexpr Duration kParting = 10ms;

Outcome run(const Executor::Job& job) {
  Outcome outcome;
  try {
    outcome = job.action->run(job.step, job.tenant, job.deadline);
  } catch (const std::exception& error) {
    outcome = {.status = StepStatus::failed, .error = std::string("it threw: ") + error.what()};
  } catch (...) {
    outcome = {.status = StepStatus::failed, .error = "it threw"};
  }
  outcome.step = job.step.id;
  outcome.measured.clear();
  return outcome;
}

/// Signals of the program are for its own threads.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

/// Outlives the executor while a thread is stuck.
struct Executor::Shared {
  struct Task {
    enum class State { queued, running, abandoned } state = State::queued;
    Job job;
  };

  /// The body of a thread.
  void work() {
    std::unique_lock lock(mutex);
    while (await_work(lock)) {
      const std::shared_ptr<Task> task = std::move(queue.front());
      queue.pop_front();
      task->state = Task::State::running;
      lock.unlock();
      Outcome outcome = run(task->job);
      lock.lock();
      const bool abandoned = task->state == Task::State::abandoned;
      end(task, std::move(outcome), abandoned);
      if (abandoned) return;  // its place was given to another
    }
    --threads;
    changed.notify_all();
  }

  /// False when there has been no work for long, or none will come.
  bool await_work(std::unique_lock<std::mutex>& lock) {
    ++idle;
    changed.wait_for(lock, kLinger, [&] { return stopping || !queue.empty(); });
    --idle;
    return !stopping && !queue.empty();
  }

  void end(const std::shared_ptr<Task>& task, Outcome outcome, bool late) {
    std::erase(tasks, task);
    finished.push_back({task->job.step, std::move(outcome), late});
    wake->signal();
  }

  std::shared_ptr<WakeEvent> wake;
  std::size_t most_threads = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Task>> queue;
  std::vector<std::shared_ptr<Task>> tasks;  // queued, running or abandoned
  std::vector<Finished> finished;
  std::size_t threads = 0;  // those that are not stuck
  std::size_t idle = 0;
  bool stopping = false;
};

Executor::Executor(std::shared_ptr<WakeEvent> wake, std::size_t most_threads)
    : shared_(std::make_shared<Shared>()) {
  shared_->wake = std::move(wake);
  shared_->most_threads = most_threads;
}

Executor::~Executor() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->queue.clear();
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, kParting, [&] { return shared_->threads == 0; });
}

void Executor::start(Job job) {
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  auto task = std::make_shared<Shared::Task>();
  task->job = std::move(job);
  shared.tasks.push_back(task);
  shared.queue.push_back(task);
  if (shared.idle >= shared.queue.size() || shared.threads == shared.most_threads) {
    shared.changed.notify_one();
    return;
  }
  try {
    const AllSignalsBlocked blocked;
    std::thread([self = shared_] { self->work(); }).detach();
    ++shared.threads;
  } catch (const std::system_error& error) {
    if (shared.threads > 0) return;  // those that there are will come to it
    shared.queue.pop_back();
    shared.end(task,
               {.step = task->job.step.id,
                .status = StepStatus::failed,
                .error = std::string("no thread: ") + error.what()},
               false);
  }
}

void Executor::expire(TimePoint now) {
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  const auto tasks = shared.tasks;
  for (const auto& task : tasks) {
    if (task->state == Shared::Task::State::abandoned || now < task->job.deadline + kGrace)
      continue;
    const Step& step = task->job.step;
    if (task->state == Shared::Task::State::queued) {
      std::erase(shared.queue, task);
      shared.end(task,
                 {.step = step.id,
                  .status = StepStatus::skipped,
                  .error = "no thread was free within its time"},
                 false);
      continue;
    }
    task->state = Shared::Task::State::abandoned;
    --shared.threads;
    shared.finished.push_back(
        {step, {.step = step.id, .status = StepStatus::timed_out, .error = "it hangs"}});
  }
}

std::vector<Executor::Finished> Executor::take() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->finished, {});
}

std::optional<TimePoint> Executor::next_expiry() const {
  const std::lock_guard lock(shared_->mutex);
  std::optional<TimePoint> next;
  for (const auto& task : shared_->tasks) {
    if (task->state == Shared::Task::State::abandoned) continue;
    const TimePoint at = task->job.deadline + kGrace;
    next = next ? std::min(*next, at) : at;
  }
  return next;
}

std::vector<TenantId> Executor::stuck() const {
  const std::lock_guard lock(shared_->mutex);
  std::vector<TenantId> tenants;
  for (const auto& task : shared_->tasks) {
    if (task->state == Shared::Task::State::abandoned) tenants.push_back(task->job.tenant.id);
  }
  return tenants;
}

}  // namespace spillway
