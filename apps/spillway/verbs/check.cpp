#include "render/check.h"

#include "check/stack_need.h"
#include "doctor/read/memory.h"
#include "doctor/read/processes.h"
#include "plan/machine.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

class Checking {
 public:
  Checking(const Global& global, const CheckOptions& options)
      : global_(global), options_(options), console_(global) {}

  ExitCode run() {
    if (const auto looked = look(); !looked) return tell(console_, looked.error());
    if (options_.fix && !check_.missing.empty()) {
      if (const ExitCode asked = make_room(); asked == ExitCode::no_daemon) return asked;
      if (const auto again = look(); !again) return tell(console_, again.error());
    }
    if (options_.json) {
      console_.print(check_document(check_, need_, report_));
    } else {
      console_.print(check_lines(check_, console_.canvas()));
    }
    return console_.finish(code());
  }

 private:
  Answer<void> look() {
    auto source = open_status(global_, false);
    if (!source) return tl::unexpected(source.error());
    auto report = (*source)->look(false);
    if (!report) return tl::unexpected(report.error());
    report_ = std::move(*report);
    const SysRoot root;
    machine_ = {};
    machine_.memory = doctor::read_memory(root);
    machine_.zram = doctor::read_zram(root);
    machine_.processes = doctor::read_processes(root);
    holdings_ = doctor::holdings_of(machine_, report_);
    if (!options_.models.empty()) {
      auto need = stack_need(options_.models, report_);
      if (!need) return tl::unexpected(need.error());
      need_ = std::move(*need);
    }
    check_ = doctor::precheck(machine_, report_, holdings_, need_);
    return {};
  }

  /// By the ladder, as `spillway free` asks for it.
  ExitCode make_room() const {
    ExitCode last = ExitCode::ok;
    for (const auto& [pool, bytes] : check_.missing) {
      FreeOptions free;
      free.pool = pool.text;
      free.bytes = bytes;
      last = free_memory(global_, free);
      if (last == ExitCode::no_daemon) break;
    }
    return last;
  }

  ExitCode code() const {
    using Verdict = doctor::StackNeed::Verdict;
    if (need_ && need_->verdict == Verdict::does_not_fit) return ExitCode::refused;
    if (need_ && need_->verdict == Verdict::fits_with_changes) return ExitCode::with_changes;
    return check_.ready() ? ExitCode::ok : ExitCode::failure;
  }

  const Global& global_;
  const CheckOptions& options_;
  const Console console_;
  StatusReport report_;
  doctor::MachineState machine_;
  doctor::Holdings holdings_;
  std::optional<doctor::StackNeed> need_;
  doctor::Precheck check_;
};

}  // namespace

ExitCode check(const Global& global, const CheckOptions& options) {
  return Checking(global, options).run();
}

}  // namespace spillway
