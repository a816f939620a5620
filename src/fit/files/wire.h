#pragma once

#include <cstdint>

#include "fit/files/header_reader.h"

namespace spillway::fit {

/// protobuf's wire format (protobuf.dev, "Encoding"): a number and a type before every value.
struct WireField {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint
  bool is_bytes = false;    // a text, a message, packed numbers:
  std::uint64_t size = 0;   // so many bytes from where the reader is,
  std::uint64_t end = 0;    // up to here
};

std::uint64_t read_varint(HeaderReader& in, std::uint64_t end);

/// The next field before `end`; numbers of fixed length are passed. false at the end, and where the
/// reader has failed: for lengths past the end, groups, and numbers that are too long.
bool next_field(HeaderReader& in, std::uint64_t end, WireField& field);

}  // namespace spillway::fit
