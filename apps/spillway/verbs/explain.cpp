#include "render/explain.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "doctor/explain/document.h"
#include "explain/prediction.h"
#include "port/child_program.h"
#include "record/journal.h"
#include "record/journal_files.h"
#include "verbs/page.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

using doctor::Explainer;
using doctor::LineReader;

void read(Explainer& explainer, std::string name, std::unique_ptr<doctor::ByteSource> bytes,
          std::uint64_t* size = nullptr) {
  LineReader lines(std::move(name), std::move(bytes));
  explainer.read(lines);
  if (size != nullptr) *size = lines.bytes();
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool read_file(const Console& console, Explainer& explainer, const std::string& path) {
  if (path == "-") {
    read(explainer, "stdin", doctor::bytes_of(UniqueFd(::dup(STDIN_FILENO))));
    return true;
  }
  if (is_directory(path)) {  // a journal
    const auto files = list_journal(path);
    if (!files) {
      console.tell(files.error());
      return false;
    }
    return std::all_of(files->begin(), files->end(), [&](const JournalFile& file) {
      return file.superseded || read_file(console, explainer, file.path);
    });
  }
  auto bytes = doctor::open_bytes(path);
  if (!bytes) {
    console.tell(bytes.error());
    return false;
  }
  read(explainer, path, std::move(*bytes));
  return true;
}

/// This boot's kernel messages by journalctl, which has them with their dates; bytes read, 0 where there is none.
std::uint64_t read_journalctl(Explainer& explainer) {
  // A child program speaks on its socket; the shell finds journalctl on PATH.
  const auto child = ChildProgram::start(
      "/bin/sh",
      {"-c", "exec journalctl -k -b -q --no-pager -o short-iso-precise >&3 2>/dev/null"});
  if (!child) return 0;
  UniqueFd out(::fcntl(child->fd(), F_DUPFD_CLOEXEC, 0));
  if (!out || ::fcntl(out.get(), F_SETFL, 0) != 0)
    return 0;  // blocking: there is nothing else to do
  std::uint64_t size = 0;
  read(explainer, "journalctl -k -b", doctor::bytes_of(std::move(out)), &size);
  return size;
}

bool read_boot(const Console& console, Explainer& explainer) {
  if (read_journalctl(explainer) > 0) return true;
  auto ring = doctor::open_kmsg();
  if (ring) {
    read(explainer, "/dev/kmsg", std::move(*ring));
    return true;
  }
  constexpr const char* kFile = "/var/log/kern.log";
  if (auto bytes = doctor::open_bytes(kFile)) {
    read(explainer, kFile, std::move(*bytes));
    return true;
  }
  ring.error().hint =
      "the kernel's log needs root, the group adm or systemd-journal, or kernel.dmesg_restrict=0";
  console.tell(ring.error());
  return false;
}

/// What our own guards left behind.
void read_journals(const Console& console, Explainer& explainer) {
  for (const bool user_mode : {true, false}) {
    const std::string directory = default_journal_directory(user_mode);
    if (!directory.empty() && ::access(directory.c_str(), R_OK | X_OK) == 0) {
      read_file(console, explainer, directory);
    }
  }
}

/// Only the latest finding stays: the last of those that tell the time, else the last.
void keep_last(std::vector<doctor::Finding>& findings) {
  if (findings.size() < 2) return;
  auto last = std::prev(findings.end());
  for (auto it = findings.begin(); it != findings.end(); ++it) {
    const auto later = it->last.since(last->last);
    if (later && *later > 0) last = it;
  }
  findings = {*last};
}

}  // namespace

ExitCode explain_logs(const Global& global, const ExplainOptions& options) {
  const Console console(global);
  Prediction prediction(fit::surroundings_from([](const char* name) { return ::getenv(name); }));
  Explainer explainer(&prediction);
  bool whole = true;
  if (options.boot || options.last) whole = read_boot(console, explainer);
  if (options.last) read_journals(console, explainer);
  std::vector<std::string> files = options.files;
  if (files.empty() && !options.boot && !options.last) {
    if (::isatty(STDIN_FILENO) == 1) {
      console.tell("which log? FILE..., --boot, --last, or text on standard input");
      return ExitCode::usage;
    }
    files = {"-"};
  }
  for (const std::string& file : files) whole = read_file(console, explainer, file) && whole;
  doctor::Report report = explainer.finish();
  if (options.last) keep_last(report.findings);
  for (const std::string& note : report.notes) console.tell(note);
  if (options.json) {
    console.print(doctor::explain_document(report));
  } else if (options.html.empty()) {
    console.print(explain_lines(report, console.canvas()));
  }
  if (!options.html.empty())
    whole = write_page(console, options.html, explain_page(report)) && whole;
  return console.finish(whole && report.findings.empty() ? ExitCode::ok : ExitCode::failure);
}

}  // namespace spillway
