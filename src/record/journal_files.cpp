#include "record/journal_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>

#include "base/fd.h"
#include "base/text.h"
#include "json/codec.h"
#include "record/journal_reader.h"

namespace spillway {
namespace {

constexpr std::string_view kPrefix = "journal-";
constexpr std::string_view kThinSuffix = ".thin.jsonl";
constexpr std::string_view kSuffix = ".jsonl";

std::optional<JournalFile> parse_name(std::string_view name) {
  JournalFile file;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  file.thinned = name.ends_with(kThinSuffix);
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(file.thinned ? kThinSuffix.size() : kSuffix.size());
  const auto number = parse_u64(name);
  if (!number) return std::nullopt;
  file.number = *number;
  return file;
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected<Error>(system_error(errno, path));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// Decides which events of a file stay and carries the tenants of dropped frames on.
class Thinner {
 public:
  bool keeps(Event& event) {
    auto* frame = std::get_if<Frame>(&event);
    if (frame == nullptr) return true;
    if (frame->tenants) tenants_ = std::move(frame->tenants);
    frame->tenants.reset();
    const std::int64_t minute = frame->snapshot.wall.unix_ns / Duration(1min).count();
    if (minute == minute_) return false;
    minute_ = minute;
    frame->tenants = std::exchange(tenants_, std::nullopt);
    return true;
  }

 private:
  std::int64_t minute_ = std::numeric_limits<std::int64_t>::min();
  std::optional<std::vector<Tenant>> tenants_;
};

Status write_thinned(const JournalFile& file, int fd, const std::string& path) {
  auto reader = JournalReader::open(file.path);
  if (!reader) return tl::unexpected<Error>(reader.error());
  Thinner thinner;
  std::string schema = fmt::format("\"schema\":\"{}\",", kJournalSchema);
  while (auto event = reader->next()) {
    if (!thinner.keeps(*event)) continue;
    std::string line = to_compact_text(*event) + "\n";
    line.insert(1, std::exchange(schema, {}));
    if (Status ok = write_all(fd, line, path); !ok) return ok;
  }
  return fsync(fd) == 0 ? Status{} : tl::unexpected<Error>(system_error(errno, path));
}

}  // namespace

std::string journal_path(const std::string& directory, std::uint64_t number, bool thinned) {
  return fmt::format("{}/{}{:08}{}", directory, kPrefix, number, thinned ? kThinSuffix : kSuffix);
}

Result<std::vector<JournalFile>> list_journal(const std::string& directory) {
  std::vector<JournalFile> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    auto file = parse_name(entry->path().filename().native());
    struct stat info {};
    if (!file || stat(entry->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    file->path = entry->path().native();
    file->size = {info.st_size};
    file->modified = {info.st_mtim.tv_sec * Duration(1s).count() + info.st_mtim.tv_nsec};
    files.push_back(std::move(*file));
  }
  if (error) return tl::unexpected<Error>(system_error(error.value(), directory));

  std::sort(files.begin(), files.end(), [](const JournalFile& a, const JournalFile& b) {
    return a.number != b.number ? a.number < b.number : a.thinned < b.thinned;
  });
  for (std::size_t i = 1; i < files.size(); ++i) {
    files[i - 1].superseded = files[i - 1].number == files[i].number;
  }
  return files;
}

Status thin_journal_file(const JournalFile& file) {
  const std::string directory = std::filesystem::path(file.path).parent_path().native();
  const std::string target = journal_path(directory, file.number, true);
  const std::string partial = target + ".tmp";
  const UniqueFd fd(open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) return tl::unexpected<Error>(system_error(errno, partial));
  if (Status ok = write_thinned(file, fd.get(), partial); !ok) {
    unlink(partial.c_str());
    return ok;
  }
  if (rename(partial.c_str(), target.c_str()) != 0 || unlink(file.path.c_str()) != 0) {
    return tl::unexpected<Error>(system_error(errno, target));
  }
  return {};
}

Status keep_within(const std::string& directory, const JournalLimits& limits, std::uint64_t current,
                   WallTime now) {
  auto files = list_journal(directory);
  if (!files) return tl::unexpected<Error>(files.error());
  Bytes total;
  for (const JournalFile& file : *files) {
    total += file.size;
    if (!file.superseded) continue;
    total -= file.size;
    unlink(file.path.c_str());
  }
  std::erase_if(*files, [](const JournalFile& file) { return file.superseded; });
  std::erase_if(*files, [&](const JournalFile& file) { return file.number == current; });

  for (JournalFile& file : *files) {
    const bool old = now.unix_ns - file.modified.unix_ns > limits.thin_after.count();
    if (file.thinned || (!old && total <= limits.max_total)) continue;
    if (Status ok = thin_journal_file(file); !ok) return ok;
    file.path = journal_path(directory, file.number, true);
    struct stat info {};
    const Bytes left{stat(file.path.c_str(), &info) == 0 ? info.st_size : 0};
    total -= std::exchange(file.size, left) - left;
  }
  for (const JournalFile& file : *files) {
    if (total <= limits.max_total) break;
    if (unlink(file.path.c_str()) != 0) {
      return tl::unexpected<Error>(system_error(errno, file.path));
    }
    total -= file.size;
  }
  return {};
}

}  // namespace spillway
