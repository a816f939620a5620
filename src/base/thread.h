#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "base/result.h"

namespace spillway {

/// A thread of its own for `body`. Errc::unavailable where none is to be had, which is exactly when
/// memory is short: who guards it goes on without.
template <class Body>
Result<std::thread> start_thread(Body body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    return fail(Errc::unavailable, std::string("no thread: ") + error.what());
  }
}

}  // namespace spillway
