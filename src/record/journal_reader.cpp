#include "record/journal_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "json/codec.h"
#include "record/journal_files.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestLine = std::size_t{16} << 20;
constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr std::size_t kMostSkippedLines = 100;

}  // namespace

Result<JournalReader> JournalReader::open(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return tl::unexpected<Error>(system_error(errno, path));
  }
  if (!S_ISDIR(info.st_mode)) {
    if (access(path.c_str(), R_OK) != 0) return tl::unexpected<Error>(system_error(errno, path));
    return JournalReader({path});
  }
  return list_journal(path).map([](const std::vector<JournalFile>& listed) {
    std::vector<std::string> files;
    for (const JournalFile& file : listed) {
      if (!file.superseded) files.push_back(file.path);
    }
    return JournalReader(std::move(files));
  });
}

std::optional<Event> JournalReader::next() {
  while (next_line()) {
    if (too_long_) {
      skip("longer than any record");
      continue;
    }
    if (trimmed(line_).empty()) continue;
    auto event = from_text<Event>(line_);
    if (event) return std::move(*event);
    skip(to_string(event.error()));
  }
  return std::nullopt;
}

std::string JournalReader::place() const { return file_ + ":" + std::to_string(line_number_); }

bool JournalReader::open_next_file() {
  while (next_file_ < files_.size()) {
    file_ = files_[next_file_++];
    line_number_ = 0;
    fd_.reset(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd_) return true;
    skip(to_string(system_error(errno, {})));  // thinned or removed since it was listed
  }
  return false;
}

bool JournalReader::next_line() {
  line_.clear();
  too_long_ = false;
  while (true) {
    const std::size_t end = buffer_.find('\n', begin_);
    const std::size_t length = (end == std::string::npos ? buffer_.size() : end) - begin_;
    if (line_.size() + length > kLongestLine) too_long_ = true;
    if (!too_long_) line_.append(buffer_, begin_, length);
    if (end != std::string::npos) {
      begin_ = end + 1;
      ++line_number_;
      return true;
    }

    buffer_.resize(kChunk);
    begin_ = 0;
    const ssize_t count = fd_ ? read(fd_.get(), buffer_.data(), buffer_.size()) : 0;
    buffer_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) continue;
    if (count < 0) skip(to_string(system_error(errno, {})));
    fd_.reset();
    if (!line_.empty() || too_long_) {
      ++line_number_;
      return true;
    }
    if (!open_next_file()) return false;
  }
}

void JournalReader::skip(std::string why) {
  ++skipped_;
  if (skipped_lines_.size() < kMostSkippedLines) {
    skipped_lines_.push_back({file_, line_number_, std::move(why)});
  }
}

}  // namespace spillway
