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

// A second read only to see the end would double the cost of most looks. The kernel makes its texts in
// pages (fs/seq_file.c): it stops short of the buffer only at the end, or before a line that does not
// fit into what is left of a page.
bool KeptFile::is_end(std::size_t wanted, std::size_t got, std::size_t length) const {
  constexpr std::size_t kHalfPage = 2048;  // no line is as long as that
  return got == 0 || (got < wanted && (!by_kernel_ || length < kHalfPage));
}

Result<std::string_view> KeptFile::fill() {
  std::size_t length = 0;
  for (;;) {
    if (length == buffer_.size()) buffer_.resize(std::max<std::size_t>(512, 2 * length));
    const std::size_t wanted = buffer_.size() - length;
    const ssize_t got =
        ::pread(fd_.get(), buffer_.data() + length, wanted, static_cast<off_t>(length));
    if (got < 0) return tl::unexpected(system_error(errno, where()));
    length += static_cast<std::size_t>(got);
    if (length > limit_) return fail(Errc::invalid, "longer than expected", where());
    if (is_end(wanted, static_cast<std::size_t>(got), length)) {
      return std::string_view(buffer_).substr(0, length);
    }
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
