#include "fit/files/header_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace spillway::fit {

Result<HeaderReader> HeaderReader::open(const std::string& path) {
  // Not blocking: opening a pipe would wait for its writer, a device for its driver.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) {
    return tl::unexpected<Error>(system_error(errno, path));
  }
  if (!S_ISREG(facts.st_mode)) {
    return fail(Errc::invalid, S_ISDIR(facts.st_mode) ? "is a folder" : "is no plain file", path,
                "name a model's file");
  }
  HeaderReader reader;
  reader.path_ = path;
  reader.fd_ = std::make_shared<const UniqueFd>(std::move(fd));
  reader.size_ = static_cast<std::uint64_t>(facts.st_size);
  return reader;
}

HeaderReader HeaderReader::over(std::string_view bytes, std::string name) {
  HeaderReader reader;
  reader.path_ = std::move(name);
  reader.size_ = bytes.size();
  reader.window_ = bytes;
  return reader;
}

HeaderReader HeaderReader::part(std::uint64_t begin, std::uint64_t size) const {
  HeaderReader reader;
  begin = std::min(begin, size_);
  reader.path_ = path_;
  reader.fd_ = fd_;
  reader.base_ = base_ + begin;
  reader.size_ = std::min(size, size_ - begin);
  if (!fd_) reader.window_ = window_.substr(begin, reader.size_);
  reader.fetched_ = fetched_;
  return reader;
}

void HeaderReader::fail_here(std::string what, std::string hint) {
  fail_at(at_, std::move(what), std::move(hint));
}

void HeaderReader::fail_at(std::uint64_t at, std::string what, std::string hint) {
  if (error_) return;
  error_ = Error{Errc::invalid, std::move(what), path_ + ": byte " + std::to_string(base_ + at),
                 hint.empty() ? "the file is damaged or cut off: fetch it again" : std::move(hint)};
}

void HeaderReader::seek(std::uint64_t at) {
  if (at > size_) {
    fail_here("points to byte " + std::to_string(at) + ", but the file ends at " +
              std::to_string(size_));
  }
  if (error_) return;
  at_ = at;
}

bool HeaderReader::demand(std::uint64_t count) {
  if (count > left()) {
    fail_here("needs " + std::to_string(count) + " more bytes, but only " + std::to_string(left()) +
              " are left");
  }
  return !error_;
}

void HeaderReader::skip(std::uint64_t count) {
  if (demand(count)) at_ += count;
}

// The window from at_ on, with `least` bytes or what the file has.
std::string_view HeaderReader::fetch(std::size_t least) {
  if (error_) return {};
  if (!fd_) return window_.substr(at_);
  const std::uint64_t offset = at_ - window_at_;
  if (!window_.empty() && at_ >= window_at_ && offset <= window_.size()) {
    const std::string_view rest = window_.substr(offset);
    if (rest.size() >= least || rest.size() == left()) return rest;
    next_fetch_ = std::min(next_fetch_ * 4, kWindow);
  } else {
    next_fetch_ = 4096;
  }
  const std::uint64_t wanted = std::min<std::uint64_t>(std::max(next_fetch_, least), left());
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  std::size_t got = 0;
  while (got < wanted) {
    const ssize_t n = ::pread(fd_->get(), buffer_.data() + got, wanted - got,
                              static_cast<off_t>(base_ + at_ + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = system_error(errno, path_);
      return {};
    }
    if (n == 0) break;  // it was cut off since it was opened
    got += static_cast<std::size_t>(n);
  }
  *fetched_ += got;
  window_ = std::string_view(buffer_).substr(0, got);
  window_at_ = at_;
  if (got < std::min<std::uint64_t>(least, left())) fail_here("the file became shorter");
  return error_ ? std::string_view{} : window_;
}

std::string_view HeaderReader::ahead() { return fetch(1); }

std::string_view HeaderReader::peek(std::size_t count) {
  return fetch(std::min(count, kWindow)).substr(0, count);
}

template <class T>
T HeaderReader::number() {
  T value{};
  if (!demand(sizeof value)) return value;
  const std::string_view bytes = fetch(sizeof value);
  if (bytes.size() < sizeof value) return T{};
  std::memcpy(&value, bytes.data(), sizeof value);
  at_ += sizeof value;
  return value;
}
template std::uint8_t HeaderReader::number();
template std::uint16_t HeaderReader::number();
template std::uint32_t HeaderReader::number();
template std::uint64_t HeaderReader::number();

std::string HeaderReader::text(std::uint64_t count, std::uint64_t limit) {
  if (demand(count) && count > limit) {
    fail_here("a text of " + std::to_string(count) + " bytes where " + std::to_string(limit) +
              " are the most");
  }
  std::string out;
  while (ok() && out.size() < count) {
    const std::string_view piece =
        fetch(std::min<std::uint64_t>(count - out.size(), kWindow)).substr(0, count - out.size());
    if (piece.empty()) break;
    out += piece;
    at_ += piece.size();
  }
  return ok() ? out : std::string();
}

}  // namespace spillway::fit
