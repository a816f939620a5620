#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "context/server_tokens.h"
#include "net.h"
#include "settings.h"

namespace spillway::gateway {

/// A question of our own to a model server: a GET where `body` is empty, else a POST of JSON. `within`: all of
/// it. Errors: unavailable, timed_out; io for an answer above 64 MiB or that is no HTTP.
net::awaitable<Result<context::ServerAnswer>> ask(Endpoint at, std::string target, std::string body,
                                                  Duration within);

}  // namespace spillway::gateway
