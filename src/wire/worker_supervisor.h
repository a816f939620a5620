#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/device_report.h"
#include "port/child_program.h"
#include "wire/line_codec.h"
#include "wire/worker_frame.h"

namespace spillway {

/// How spillway-worker ends when nothing is wrong, to tell its supervisor what to do.
inline constexpr int kWorkerNothingHere =
    3;  // no GPU with memory of its own: not before that changes
inline constexpr int kWorkerStartAgain = 4;  // a fresh process may do better: right away

struct WorkerOptions {
  std::string program;                 // path of spillway-worker
  std::vector<std::string> arguments;  // besides "--socket 3"
  /// What there is to watch; the worker runs only while it is not empty, and is started anew when it
  /// changes. Asked at the start and once a minute.
  std::function<std::string()> inventory;
};

/// Keeps one spillway-worker running while there is a GPU, and hands its reports on. No threads and no
/// waiting: the loop that owns it calls tick() before each sleep, sleeps no longer than
/// next_deadline(), and calls on_readable() when fd() is. A worker that breaks its promise, or says
/// what is no frame, is killed; a new one follows once the old one is really gone, after 0.5 s and
/// up to 30 s. One that is stuck in the kernel is never joined by a second. What was reported stays
/// where it was put and grows old. One thread; `sink` outlives it.
class WorkerSupervisor {
 public:
  WorkerSupervisor(WorkerOptions options, DeviceReportSink& sink);

  /// Readable (POLLIN) when on_readable() is due; the same for life.
  int fd() const { return epoll_.get(); }
  void on_readable(TimePoint now);
  TimePoint next_deadline() const;
  void tick(TimePoint now);

  /// The worker's; 0 while there is none.
  pid_t pid() const { return child_ ? child_->pid() : 0; }

 private:
  void start(TimePoint now);
  void begin_with(ChildProgram child, TimePoint now);
  void take(WorkerFrame frame, TimePoint now);
  void take_lines(std::string_view bytes, TimePoint now);
  void end(TimePoint now);
  void end_because(TimePoint now, Error why);
  void bury(TimePoint now, int status);
  void ask(TimePoint now);

  WorkerOptions options_;
  DeviceReportSink& sink_;
  UniqueFd epoll_;

  std::optional<ChildProgram> child_;
  bool ending_ = false;     // killed, no longer listened to, not yet gone
  bool explained_ = false;  // the way it ends needs no more words
  LineBuffer lines_{kLongestFrame};
  TimePoint started_, latest_, promised_, asked_, second_began_;
  TimePoint next_check_;  // of the inventory; while ending_, of whether it is gone
  std::string doing_;
  Duration promise_{};
  int frames_in_second_ = 0;
  bool wish_ = false;

  TimePoint next_start_{};  // while there is no child
  Duration pause_;
  std::string inventory_, barren_;
};

}  // namespace spillway
