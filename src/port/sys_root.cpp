#include "port/sys_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spillway {
namespace {

std::string relative(std::string_view path) {
  const auto start = path.find_first_not_of('/');
  return start == std::string_view::npos ? "." : std::string(path.substr(start));
}

}  // namespace

struct SysRoot::Root {
  std::string path;
  UniqueFd fd;
  int error = 0;
};

SysRoot::SysRoot(std::string path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int error = fd ? 0 : errno;
  while (path.ends_with('/')) path.pop_back();
  root_ = std::make_shared<const Root>(Root{std::move(path), std::move(fd), error});
}

Result<UniqueFd> SysRoot::open(std::string_view path, int flags) const {
  if (root_->error != 0) return tl::unexpected(system_error(root_->error, root_->path));
  UniqueFd fd(
      ::openat(root_->fd.get(), relative(path).c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return tl::unexpected(system_error(errno, where(path)));
  return fd;
}

Result<std::string> SysRoot::read(std::string_view path, std::size_t limit) const {
  const auto fd = open(path, O_RDONLY);
  if (!fd) return tl::unexpected(fd.error());
  std::string text;
  std::size_t length = 0;
  for (;;) {
    text.resize(std::max<std::size_t>(1024, 2 * length));
    const ssize_t got = ::read(fd->get(), text.data() + length, text.size() - length);
    if (got < 0) return tl::unexpected(system_error(errno, where(path)));
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
    if (length > limit) return fail(Errc::invalid, "longer than expected", where(path));
  }
  text.resize(length);
  return text;
}

Result<std::vector<std::string>> SysRoot::list(std::string_view path) const {
  auto fd = open(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return tl::unexpected(fd.error());
  DIR* directory = ::fdopendir(fd->get());
  if (directory == nullptr) return tl::unexpected(system_error(errno, where(path)));
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

bool SysRoot::exists(std::string_view path) const {
  return root_->error == 0 && ::faccessat(root_->fd.get(), relative(path).c_str(), F_OK, 0) == 0;
}

Result<std::string> SysRoot::read_link(std::string_view path) const {
  if (root_->error != 0) return tl::unexpected(system_error(root_->error, root_->path));
  std::array<char, 4096> text;  // PATH_MAX
  const ssize_t length =
      ::readlinkat(root_->fd.get(), relative(path).c_str(), text.data(), text.size());
  if (length < 0) return tl::unexpected(system_error(errno, where(path)));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

SysRoot SysRoot::below(std::string_view path) const {
  if (root_->error != 0) return *this;
  UniqueFd fd(::openat(root_->fd.get(), relative(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int error = fd ? 0 : errno;
  return SysRoot(std::make_shared<const Root>(Root{where(path), std::move(fd), error}));
}

std::string SysRoot::where(std::string_view path) const {
  return root_->path + "/" + relative(path);
}

bool on_kernel_fs(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) return false;
  return info.f_type == PROC_SUPER_MAGIC || info.f_type == SYSFS_MAGIC ||
         info.f_type == CGROUP_SUPER_MAGIC || info.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace spillway
