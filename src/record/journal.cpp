#include "record/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "json/codec.h"

namespace spillway {
namespace {

/// A line that starts like this begins a file. It travels in the line itself, from the thread that
/// knows what a file must begin with to the one that opens files.
const std::string kFileStart = fmt::format("{{\"schema\":\"{}\",", kJournalSchema);

std::string with_schema(const std::string& line) { return kFileStart + line.substr(1); }

/// Whether the file ends in the middle of a line, as after a kill or a full disk.
bool ends_torn(int fd) {
  char last = '\n';
  const off_t size = lseek(fd, 0, SEEK_END);
  return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

std::string default_journal_directory(bool user_mode) {
  if (!user_mode) return "/var/lib/spillway/journal";
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/spillway/journal";
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return std::string(home) + "/.local/state/spillway/journal";
}

JournalWriter::JournalWriter(JournalOptions options)
    : options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock_),
      lines_(options_.frames),
      queue_([this](const LogLine& line) { append(line); }, options_.queue_bytes) {
  if (!options_.file.empty()) return;
  const auto files = list_journal(options_.directory);
  if (!files || files->empty()) return;
  const JournalFile& newest = files->back();
  number_ = newest.number;
  if (!newest.thinned && newest.size < options_.max_file) {
    state_ = State::going_on;
    file_bytes_ = newest.size.count;
  } else {
    ++number_;
  }
}

void JournalWriter::take(const Event& event) {
  const bool is_frame = std::holds_alternative<Frame>(event);
  const bool begins = state_ == State::absent || (state_ == State::full && is_frame);
  if (begins) lines_.restart();
  auto line = lines_.line(event);
  if (!line) return;
  if (std::holds_alternative<PolicyChanged>(event)) policy_line_ = *line;

  if (begins) {
    state_ = State::going_on;
    file_bytes_ = 0;
    if (is_frame && !policy_line_.empty()) {
      push(with_schema(policy_line_));
    } else {
      line = with_schema(*line);
    }
  }
  push(std::move(*line));
}

void JournalWriter::push(std::string line) {
  file_bytes_ += static_cast<std::int64_t>(line.size()) + 1;
  queue_.write(Severity::info, std::move(line));
  // After a gap a reader must find everything anew.
  const std::uint64_t dropped = queue_.dropped();
  const bool lost = dropped != std::exchange(dropped_seen_, dropped);
  const bool long_enough = options_.file.empty() && file_bytes_ >= options_.max_file.count;
  if (lost || long_enough) state_ = State::full;
}

JournalCounters JournalWriter::counters() const {
  return {written_.load(), failed_.load(), queue_.dropped()};
}

void JournalWriter::append(const LogLine& line) {
  // The queue itself speaks only of what it dropped.
  const bool own = line.severity == Severity::info;
  std::string text =
      own ? line.text
          : to_compact_text(Event(Note{clock_.now(), clock_.wall(), "journal: " + line.text}));
  const bool begins_file = text.starts_with(kFileStart);
  const Status ok = write_line(std::move(text), begins_file);
  if (ok) {
    ++written_;
    if (failing_since_ > 0 && options_.complain) {
      options_.complain(
          fmt::format("journal: writing again, {} records were lost", failing_since_));
    }
    failing_since_ = 0;
    return;
  }
  ++failed_;
  if (failing_since_++ == 0 && options_.complain) {
    options_.complain("journal: cannot write, records are lost until this ends: " +
                      to_string(ok.error()));
  }
}

Status JournalWriter::write_line(std::string text, bool begins_file) {
  const bool rotated = options_.file.empty();
  if (rotated && begins_file && fd_) {
    fd_.reset();
    ++number_;
  }
  if (!fd_) {
    if (Status ok = open_file(); !ok) return ok;
    // Old files are tended to when a new one begins: not urgent, so no failure of this line.
    if (rotated) keep_bound();
  }
  if (std::exchange(torn_, false)) text.insert(0, "\n");
  text += '\n';
  ssize_t count = -1;
  do {
    count = write(fd_.get(), text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(text.size())) return {};
  const int reason = count < 0 ? errno : ENOSPC;
  torn_ = ends_torn(fd_.get());
  return tl::unexpected<Error>(
      system_error(reason, rotated ? journal_path(options_.directory, number_) : options_.file));
}

void JournalWriter::keep_bound() {
  JournalLimits limits = options_.limits;
  limits.max_total -= options_.max_file;  // the file that begins now will grow to that
  const Status kept = keep_within(options_.directory, limits, number_, clock_.wall());
  if (!kept && options_.complain) options_.complain("journal: " + to_string(kept.error()));
}

Status JournalWriter::open_file() {
  std::string path = options_.file;
  if (path.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options_.directory, error);
    if (error) return tl::unexpected<Error>(system_error(error.value(), options_.directory));
    path = journal_path(options_.directory, number_);
  }
  fd_.reset(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!fd_) return tl::unexpected<Error>(system_error(errno, path));
  torn_ = ends_torn(fd_.get());
  return {};
}

}  // namespace spillway
