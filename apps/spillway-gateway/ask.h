#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net.h"
#include "settings.h"

namespace spillway::gateway {

struct Reply {
  unsigned status = 0;
  std::string body;
};

/// A question of our own to a model server: a GET where `body` is empty, else a POST of JSON. `within`: all of
/// it. Errors: unavailable, timed_out; io for an answer above 64 MiB or that is no HTTP.
net::awaitable<Result<Reply>> ask(Endpoint at, std::string target, std::string body,
                                  Duration within);

}  // namespace spillway::gateway
