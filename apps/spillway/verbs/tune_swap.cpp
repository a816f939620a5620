#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "doctor/read/memory.h"
#include "json/writer.h"
#include "tune/drain.h"
#include "verbs/tune.h"

namespace spillway {
namespace {

std::string document(const std::vector<Drained>& all, bool dry_run) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.tune/1");
  out.member("action", dry_run ? "drain-swap-dry-run" : "drain-swap");
  out.key("devices");
  out.begin_array();
  for (const Drained& one : all) {
    out.begin_object();
    out.member("device", one.device);
    out.member("held_bytes", one.held);
    out.member("how", name(one.how));
    out.member("why", one.why.empty() ? std::nullopt : std::optional(one.why));
    out.member("took_ns", one.took);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

ExitCode code_of(const std::vector<Drained>& all) {
  ExitCode code = ExitCode::ok;
  for (const Drained& one : all) {
    if (one.how == Drained::How::refused && code == ExitCode::ok) code = ExitCode::refused;
    if (one.how == Drained::How::stopped || one.how == Drained::How::failed) {
      code = ExitCode::failure;
    }
  }
  return code;
}

}  // namespace

ExitCode tune_drain_swap(const Global& global, const TuneOptions& options) {
  const Console console(global);
  KernelSwap kernel;
  DrainRules rules;
  rules.within = options.within;
  if (options.margin) rules.margin = *options.margin;
  const auto all = drain_swap(SysRoot(), kernel, rules, options.dry_run);
  if (options.json) {
    console.print(document(all, options.dry_run));
    return console.finish(code_of(all));
  }
  if (all.empty()) console.print("nothing is in swap");
  for (const Drained& one : all) {
    const std::string how = options.dry_run && one.how == Drained::How::drained
                                ? "would be drained"
                                : std::string(name(one.how));
    console.print(fmt::format("{}: {}, {}{}", one.device, to_string(one.held), how,
                              one.why.empty() ? "" : ": " + one.why));
  }
  return console.finish(code_of(all));
}

ExitCode tune_drop_caches(const Global& global, const TuneOptions&) {
  const Console console(global);
  console.tell(
      "this rarely helps: the kernel drops clean cache by itself when memory is wanted, and "
      "what counts as available has it in already; models are read from the disk again");
  const SysRoot root;
  const auto told = [](const std::optional<Bytes>& bytes) {
    return bytes ? to_string(*bytes) : std::string("unknown");
  };
  const auto before = doctor::read_memory(root);
  ::sync();
  // Documentation/admin-guide/sysctl/vm.rst, drop_caches: 1 is the page cache.
  const std::string path = "/proc/sys/vm/drop_caches";
  const auto file = root.open(path, O_WRONLY);
  if (!file || ::write(file->get(), "1\n", 2) != 2) {
    Error error = file ? system_error(errno, path) : file.error();
    error.hint = "run it as root";
    return console.failed(error);
  }
  const auto after = doctor::read_memory(root);
  console.print(fmt::format("available {} -> {}, free {} -> {}", told(before.available),
                            told(after.available), told(before.free), told(after.free)));
  return console.finish(ExitCode::ok);
}

}  // namespace spillway
