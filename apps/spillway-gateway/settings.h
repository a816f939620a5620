#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace spillway::gateway {

/// A host and a port, from "http://127.0.0.1:8080" or "127.0.0.1:8080".
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// A server that answers for models.
struct Upstream {
  std::string model;  // which; empty: every one that no other upstream names
  Endpoint at;
};

/// What a peer may ask for and how long it may take. Each is there so that one peer cannot take the
/// memory or the time of the others.
struct Limits {
  std::size_t header_bytes = 64 << 10;
  std::size_t header_count = 200;
  std::uint64_t body_bytes = std::uint64_t{64} << 20;
  std::size_t connections = 1024;
  Duration header_time = 30s;    // a request line and its headers, whole
  Duration body_time = 300s;     // a request's body, whole
  Duration idle_time = 75s;      // between two requests of one connection
  Duration connect_time = 10s;   // to an upstream
  Duration answer_time = 3600s;  // between two pieces of an answer; llama-server's own default
  Duration write_time = 300s;    // until a peer takes the next piece
};

struct Settings {
  Endpoint listen{"127.0.0.1", 4180};
  std::vector<Upstream> upstreams;
  Limits limits;
};

}  // namespace spillway::gateway
