#include "run/status_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/fd.h"
#include "json/writer.h"

namespace spillway {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::string run_status_document(const RunStatus& status) {
  JsonWriter out;
  out.begin_object();
  out.member("schema", "spillway.run/1");
  out.member("state", status.state);
  out.member("command", status.command);
  out.member("tenant", unless_empty(status.tenant));
  out.member("cgroup", unless_empty(status.cgroup));
  out.member("pid", status.pid);
  out.member("exit_code", status.exit_code);
  out.member("signal", status.signal);
  out.member("guarded", status.guarded);
  out.member("reason", unless_empty(status.reason));
  out.end_object();
  return out.take() + "\n";
}

Status write_whole(const std::string& path, const std::string& text) {
  struct stat there {};
  const bool in_place = ::lstat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode);
  const std::string fresh = in_place ? path : path + "." + std::to_string(::getpid());
  constexpr int kFlags = O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const UniqueFd fd(::open(fresh.c_str(), in_place ? kFlags : kFlags | O_CREAT, 0644));
  if (!fd) return tl::unexpected(system_error(errno, path));
  const ssize_t written = ::write(fd.get(), text.data(), text.size());
  const bool complete = written == static_cast<ssize_t>(text.size());
  if (complete && (in_place || ::rename(fresh.c_str(), path.c_str()) == 0)) return {};
  Error error = system_error(written < 0 || complete ? errno : ENOSPC, path);
  if (!in_place) ::unlink(fresh.c_str());
  return tl::unexpected(std::move(error));
}

}  // namespace spillway
