#include "doctor/tune/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/text.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;

Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(system_error(errno, ""));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> read_all(int fd) {
  std::string text;
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(system_error(errno, ""));
    if (count == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
    if (text.size() > kLargest) return fail(Errc::invalid, "longer than expected");
  }
}

}  // namespace

/// A name in a folder that is open.
struct Tree::Spot {
  UniqueFd folder;
  std::string name;
};

Result<Tree> Tree::open(const std::string& root, std::function<void()> before_change) {
  std::error_code bad;
  std::string real = std::filesystem::canonical(root, bad).string();
  if (bad) return tl::unexpected(system_error(bad.value(), root));
  UniqueFd fd(::open(real.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, root));
  while (real.ends_with('/')) real.pop_back();
  return Tree(std::move(real), std::move(fd), std::move(before_change));
}

Error Tree::error(int number, const std::string& path) const {
  if (number == ELOOP || number == ENOTDIR) {
    return {Errc::refused, "a symbolic link or no folder is on the way", where(path),
            "only plain folders are written to"};
  }
  return system_error(number, where(path));
}

/// Opened step by step, each step in the folder before and never through a link.
Result<UniqueFd> Tree::folder(const std::string& path) const {
  UniqueFd at(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!at) return tl::unexpected(error(errno, path));
  std::string_view rest = path;
  while (const auto step = next_token(rest, '/')) {
    if (step->empty() || *step == ".") continue;
    if (*step == "..") return fail(Errc::refused, "a path with ..", where(path));
    UniqueFd next(::openat(at.get(), std::string(*step).c_str(),
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return tl::unexpected(error(errno, path));
    at = std::move(next);
  }
  return at;
}

Result<Tree::Spot> Tree::spot(const std::string& path) const {
  const auto slash = path.rfind('/');
  std::string name = slash == path.npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(Errc::refused, "no name of a file", where(path));
  }
  auto above = folder(slash == path.npos ? "" : path.substr(0, slash));
  if (!above) return tl::unexpected(above.error());
  return Spot{std::move(*above), std::move(name)};
}

Result<std::optional<std::string>> Tree::read(const std::string& path) const {
  const auto at = spot(path);
  if (!at && at.error().code == Errc::not_found) return std::nullopt;
  if (!at) return tl::unexpected(at.error());
  const UniqueFd fd(::openat(at->folder.get(), at->name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) return tl::unexpected(error(errno, path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return tl::unexpected(error(errno, path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::refused, "not a plain file", where(path));
  auto text = read_all(fd.get());
  if (!text) {
    text.error().where = where(path);
    return tl::unexpected(text.error());
  }
  return std::move(*text);
}

bool Tree::exists(const std::string& path) const {
  const auto at = spot(path);
  return at && ::faccessat(at->folder.get(), at->name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Status Tree::create(const std::string& path, std::string_view text) const {
  const auto at = spot(path);
  if (!at) return tl::unexpected(at.error());
  const std::string scrap(kScrap);
  before_change_();
  UniqueFd fd(::openat(at->folder.get(), scrap.c_str(),
                       O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return tl::unexpected(error(errno, path));
  // The mode is ours, not the caller's umask.
  before_change_();
  const bool whole =
      fd && write_all(fd.get(), text) && ::fchmod(fd.get(), 0644) == 0 && ::fsync(fd.get()) == 0;
  before_change_();
  const bool there = whole &&
                     ::renameat2(at->folder.get(), scrap.c_str(), at->folder.get(),
                                 at->name.c_str(), RENAME_NOREPLACE) == 0 &&
                     ::fsync(at->folder.get()) == 0;
  if (there) return {};
  const int number = errno;
  ::unlinkat(at->folder.get(), scrap.c_str(), 0);
  if (number == EEXIST) {
    return fail(Errc::refused, "there is a file that is not ours", where(path),
                "move it away, or leave this setting out with --skip");
  }
  return tl::unexpected(error(number, path));
}

Status Tree::remove(const std::string& path) const {
  const auto at = spot(path);
  if (!at && at.error().code == Errc::not_found) return {};
  if (!at) return tl::unexpected(at.error());
  before_change_();
  if (::unlinkat(at->folder.get(), at->name.c_str(), 0) != 0 && errno != ENOENT) {
    return tl::unexpected(error(errno, path));
  }
  return {};
}

Status Tree::discard_scrap(const std::string& folder) const {
  return remove(folder + "/" + std::string(kScrap));
}

Status Tree::make_folder(const std::string& path) const {
  const auto at = spot(path);
  if (!at) return tl::unexpected(at.error());
  before_change_();
  if (::mkdirat(at->folder.get(), at->name.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    return tl::unexpected(error(errno, path));
  }
  const auto made = folder(path);
  if (!made || ::fchmod(made->get(), 0755) != 0) return tl::unexpected(error(errno, path));
  return {};
}

Status Tree::remove_folder(const std::string& path) const {
  const auto at = spot(path);
  if (!at && at.error().code == Errc::not_found) return {};
  if (!at) return tl::unexpected(at.error());
  before_change_();
  if (::unlinkat(at->folder.get(), at->name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT &&
      errno != ENOTEMPTY && errno != EEXIST) {
    return tl::unexpected(error(errno, path));
  }
  return {};
}

Status Tree::rename(const std::string& from, const std::string& to) const {
  const auto old = spot(from), fresh = spot(to);
  if (!old) return tl::unexpected(old.error());
  if (!fresh) return tl::unexpected(fresh.error());
  before_change_();
  if (::renameat2(old->folder.get(), old->name.c_str(), fresh->folder.get(), fresh->name.c_str(),
                  RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return fail(Errc::refused, "the name is taken", where(to));
    return tl::unexpected(error(errno, to));
  }
  ::fsync(fresh->folder.get());
  return {};
}

Status Tree::remove_all(const std::string& path) const {
  const auto at = spot(path);
  if (!at && at.error().code == Errc::not_found) return {};
  if (!at) return tl::unexpected(at.error());
  before_change_();
  std::error_code bad;
  std::filesystem::remove_all("/proc/self/fd/" + std::to_string(at->folder.get()) + "/" + at->name,
                              bad);
  if (bad) return tl::unexpected(error(bad.value(), path));
  return {};
}

std::optional<std::int64_t> Tree::changed_at(const std::string& path) const {
  const auto fd = folder(path);
  struct stat info {};
  if (!fd || ::fstat(fd->get(), &info) != 0) return std::nullopt;
  return info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}

Status Tree::set_changed_at(const std::string& path, std::int64_t unix_ns) const {
  const auto fd = folder(path);
  if (!fd) return tl::unexpected(fd.error());
  timespec times[2]{};
  times[0].tv_nsec = UTIME_OMIT;
  times[1] = {unix_ns / 1'000'000'000, unix_ns % 1'000'000'000};
  if (::futimens(fd->get(), times) != 0) return tl::unexpected(error(errno, path));
  return {};
}

Result<std::vector<std::string>> Tree::list(const std::string& path) const {
  auto fd = folder(path);
  if (!fd) return tl::unexpected(fd.error());
  DIR* directory = ::fdopendir(fd->get());
  if (directory == nullptr) return tl::unexpected(error(errno, path));
  fd->release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

Status Tree::set_value(const std::string& path, const std::string& value) const {
  const auto at = spot(path);
  if (!at) return tl::unexpected(at.error());
  before_change_();
  {
    const UniqueFd fd(::openat(at->folder.get(), at->name.c_str(),
                               O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
    if (!fd || !write_all(fd.get(), value + "\n")) return tl::unexpected(error(errno, path));
  }
  const auto now = read(path);
  if (!now) return tl::unexpected(now.error());
  if (!*now || trimmed(**now) != value) {
    return fail(Errc::io, "the kernel did not take " + value, where(path));
  }
  return {};
}

Status Tree::may_write(const std::string& path) const {
  std::string above = path;
  for (;;) {
    const auto slash = above.rfind('/');
    above = slash == above.npos ? "" : above.substr(0, slash);
    const auto fd = folder(above);
    if (!fd && fd.error().code == Errc::not_found && !above.empty()) continue;
    if (!fd) return tl::unexpected(fd.error());
    if (::faccessat(fd->get(), ".", W_OK, AT_EACCESS) == 0) return {};
    return fail(Errc::denied, "may not be written", where(above), "run it as root");
  }
}

Result<UniqueFd> Tree::lock() const {
  UniqueFd fd(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return tl::unexpected(error(errno, "/"));
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return tl::unexpected(error(errno, "/"));
  }
  return fd;
}

}  // namespace spillway::doctor
