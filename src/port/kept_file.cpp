#include "port/kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace spillway {

KeptFile::KeptFile(SysRoot root, std::string path, std::size_t limit)
    : root_(std::move(root)), path_(std::move(path)), limit_(limit) {}

Status KeptFile::open() {
  auto fd = root_.open(path_, O_RDONLY);
  if (!fd) {
    fd_.reset();
    return tl::unexpected(std::move(fd).error());
  }
  // The old descriptor is closed only now: whoever polls must see a different number.
  fd_ = *std::move(fd);
  by_kernel_ = on_kernel_fs(fd_.get());
  return {};
}

bool KeptFile::replaced() const {
  struct stat info {};
  return !by_kernel_ && ::fstat(fd_.get(), &info) == 0 && info.st_nlink == 0;
}

Result<std::string_view> KeptFile::read() {
  if (fd_ && !replaced()) {
    if (auto text = fill()) return text;
  }
  if (auto opened = open(); !opened) return tl::unexpected(std::move(opened).error());
  return fill();
}

Result<std::string_view> KeptFile::fill() {
  std::size_t length = 0;
  for (;;) {
    if (length == buffer_.size()) buffer_.resize(std::max<std::size_t>(512, 2 * length));
    const ssize_t got = ::pread(fd_.get(), buffer_.data() + length, buffer_.size() - length,
                                static_cast<off_t>(length));
    if (got < 0) return tl::unexpected(system_error(errno, where()));
    if (got == 0) return std::string_view(buffer_).substr(0, length);
    length += static_cast<std::size_t>(got);
    if (length > limit_) return fail(Errc::invalid, "longer than expected", where());
  }
}

Result<std::optional<std::string_view>> OptionalFile::read(TimePoint now) {
  if (next_try_ && now < *next_try_) return std::nullopt;
  next_try_.reset();
  const auto text = file_.read();
  if (text) return *text;
  if (!is_absent(text.error())) return tl::unexpected(text.error());
  next_try_ = now + 10s;
  return std::nullopt;
}

}  // namespace spillway
