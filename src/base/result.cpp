#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace spillway {

Error system_error(int errno_value, std::string where) {
  Errc code = Errc::io;
  switch (errno_value) {
    case ENOENT:
    case ESRCH:
    case ENODEV:
    case ENXIO: code = Errc::not_found; break;
    case EACCES:
    case EPERM: code = Errc::denied; break;
    case EINVAL: code = Errc::invalid; break;
    case ENOSYS:
    case EOPNOTSUPP: code = Errc::unsupported; break;
    case EAGAIN:
    case EBUSY:
    case ECONNREFUSED:
    case EPIPE:
    case ECONNRESET: code = Errc::unavailable; break;
    case ETIMEDOUT: code = Errc::timed_out; break;
    default: break;
  }
  return {code,
          strerrordesc_np(errno_value) ? strerrordesc_np(errno_value) : "unknown error",
          std::move(where),
          {}};
}

std::string to_string(const Error& error) {
  std::string text = error.where.empty() ? error.what : error.where + ": " + error.what;
  if (!error.hint.empty()) text += " (" + error.hint + ")";
  return text;
}

const char* name(Errc code) {
  switch (code) {
    case Errc::not_found: return "not_found";
    case Errc::denied: return "denied";
    case Errc::invalid: return "invalid";
    case Errc::unsupported: return "unsupported";
    case Errc::unavailable: return "unavailable";
    case Errc::timed_out: return "timed_out";
    case Errc::io: return "io";
    case Errc::refused: return "refused";
  }
  return "io";
}

}  // namespace spillway
