#include "doctor/lines/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace spillway::doctor {
namespace {

/// zlib's own buffer: reads of this size and more of a plain file go straight to the caller.
constexpr unsigned kBuffer = 64 * 1024;

class MaybeGzip final : public ByteSource {
 public:
  explicit MaybeGzip(UniqueFd fd) : file_(::gzdopen(fd.get(), "rb")) {
    if (file_ == nullptr) return;
    fd.release();
    ::gzbuffer(file_, kBuffer);
  }
  MaybeGzip(const MaybeGzip&) = delete;
  MaybeGzip& operator=(const MaybeGzip&) = delete;
  ~MaybeGzip() override {
    if (file_ != nullptr) ::gzclose_r(file_);
  }

  Result<std::size_t> read(char* into, std::size_t size) override {
    if (file_ == nullptr) return fail(Errc::io, "no memory for zlib");
    const int n =
        ::gzread(file_, into, static_cast<unsigned>(std::min<std::size_t>(size, kBuffer)));
    if (n > 0) return static_cast<std::size_t>(n);
    int code = Z_OK;
    const char* what = ::gzerror(file_, &code);
    if (code == Z_ERRNO) return tl::unexpected(system_error(errno, {}));
    // At the end of a truncated stream zlib gives what there is, then this.
    if (code == Z_BUF_ERROR) return fail(Errc::invalid, "the gzip stream is cut off");
    if (code != Z_OK && code != Z_STREAM_END)
      return fail(Errc::invalid, std::string("gzip: ") + what);
    return std::size_t{0};
  }

 private:
  gzFile file_;
};

class KernelRing final : public ByteSource {
 public:
  explicit KernelRing(UniqueFd fd) : fd_(std::move(fd)) {}

  Result<std::size_t> read(char* into, std::size_t size) override {
    for (;;) {
      const ssize_t n = ::read(fd_.get(), into, size);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno == EAGAIN) return std::size_t{0};
      if (errno != EPIPE && errno != EINTR) return tl::unexpected(system_error(errno, "/dev/kmsg"));
    }  // EPIPE: the oldest records were overwritten meanwhile
  }

 private:
  UniqueFd fd_;
};

Result<UniqueFd> open_fd(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, path));
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return fail(Errc::invalid, "is a directory", path);
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path) {
  auto fd = open_fd(path, 0);
  if (!fd) return tl::unexpected(fd.error());
  return bytes_of(std::move(*fd));
}

std::unique_ptr<ByteSource> bytes_of(UniqueFd fd) {
  return std::make_unique<MaybeGzip>(std::move(fd));
}

Result<std::unique_ptr<ByteSource>> open_kmsg(const std::string& path) {
  auto fd = open_fd(path, O_NONBLOCK);
  if (!fd) return tl::unexpected(fd.error());
  return std::make_unique<KernelRing>(std::move(*fd));
}

}  // namespace spillway::doctor
