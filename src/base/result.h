#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace spillway {

/// What kind of failure it was, for code that must choose; the words are for people.
enum class Errc {
  not_found,    // the file, tenant, pool or method does not exist
  denied,       // not allowed (permission, policy, protection)
  invalid,      // malformed input: a file, a message, an argument
  unsupported,  // this kernel, driver or build cannot do it
  unavailable,  // temporarily not there: busy, disconnected, sleeping
  timed_out,    // the deadline passed first
  io,           // the operating system said no for another reason
  refused,      // understood, possible, and declined
};

/// An error as a value: what failed, where (a path, a key, an address), and what to do about it.
struct Error {
  Errc code = Errc::io;
  std::string what;
  std::string where;
  std::string hint;
};

template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(Errc code, std::string what, std::string where = {},
                                  std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(where), std::move(hint)});
}

/// The error of a failed system call: errno's words, mapped to the nearest Errc.
Error system_error(int errno_value, std::string where);

/// "where: what (hint)"
std::string to_string(const Error& error);
const char* name(Errc code);

}  // namespace spillway
