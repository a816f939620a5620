#include "port/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/bytes.h"
#include "base/fd.h"

namespace spillway {
namespace {

Status make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno == ENOENT && folder.has_relative_path()) {
    if (Status above = make_folders(folder.parent_path()); !above) return above;
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  }
  return tl::unexpected(system_error(errno, folder.string()));
}

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(system_error(errno, path));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(fd) != 0) return tl::unexpected(system_error(errno, path));
  return {};
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t most) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0) {
    return tl::unexpected<Error>(system_error(errno, path));
  }
  std::string text;
  if (S_ISCHR(info.st_mode)) return text;
  if (!S_ISREG(info.st_mode)) return fail(Errc::invalid, "not a file", path);
  char chunk[4096];
  while (text.size() <= most) {
    const ssize_t count = ::read(fd.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected<Error>(system_error(errno, path));
    if (count == 0) return text;
    text.append(chunk, static_cast<std::size_t>(count));
  }
  return fail(Errc::invalid, "larger than " + to_string(Bytes{static_cast<std::int64_t>(most)}),
              path);
}

Status write_text_file(const std::string& path, std::string_view text) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (Status made = make_folders(folder); !made) return made;
  const std::string fresh = path + "." + std::to_string(::getpid());
  const UniqueFd fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return tl::unexpected(system_error(errno, path));
  Status written = write_all(fd.get(), text, path);
  if (written && ::rename(fresh.c_str(), path.c_str()) != 0) {
    written = tl::unexpected(system_error(errno, path));
  }
  if (!written) {
    ::unlink(fresh.c_str());
    return written;
  }
  const std::string parent = folder.empty() ? "." : folder.string();
  const UniqueFd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) {
    return tl::unexpected(system_error(errno, parent));
  }
  return {};
}

}  // namespace spillway
