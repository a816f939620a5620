#pragma once

#include <exception>
#include <new>
#include <utility>

#include "base/result.h"
#include "spillway/spillway.h"

namespace spillway {

/// The SPILLWAY_E_ code of an error, and the nearest kind of error for a callback's code.
int code_of(Errc code);
Errc errc_of(int code);
/// What a code means; static.
const char* words_for(int code);

/// Remembers the words for spillway_last_error() on this thread and gives the code.
int report(const Error& error);
/// As report(), for errors that only the C layer knows.
int report(int code, const char* what);
const char* last_error();

/// The wall between the library and C: runs `body` (which gives a code, or a Status) and turns
/// whatever it throws into a code.
template <class Body>
int at_the_border(Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return report(SPILLWAY_E_NO_MEMORY, "the library itself is out of memory");
  } catch (const std::exception& error) {
    return report(SPILLWAY_E_INTERNAL, error.what());
  } catch (...) {
    return report(SPILLWAY_E_INTERNAL, "unknown exception");
  }
}

inline int code_of(const Status& status) { return status ? SPILLWAY_OK : report(status.error()); }

}  // namespace spillway
