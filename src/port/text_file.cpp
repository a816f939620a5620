#include "port/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/fd.h"

namespace spillway {

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

}  // namespace spillway
