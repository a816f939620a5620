#include "fit/files/wire.h"

namespace spillway::fit {

std::uint64_t read_varint(HeaderReader& in, std::uint64_t end) {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (in.at() >= end) break;
    const std::uint8_t byte = in.u8();
    if (shift < 64) out |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return out;
  }
  in.fail_here("a number that does not end");
  return 0;
}

bool next_field(HeaderReader& in, std::uint64_t end, WireField& field) {
  if (!in.ok() || in.at() >= end) return false;
  const std::uint64_t tag = read_varint(in, end);
  field = {.number = tag >> 3};
  if (in.ok() && field.number == 0) in.fail_here("a field without a number");
  if (!in.ok()) return false;
  switch (tag & 7) {
    case 0: field.value = read_varint(in, end); break;
    case 1: in.skip(8); break;
    case 5: in.skip(4); break;
    case 2:
      field.is_bytes = true;
      field.size = read_varint(in, end);
      if (in.ok() && field.size > end - in.at()) {
        in.fail_here("a field of " + std::to_string(field.size) + " bytes where only " +
                     std::to_string(end - in.at()) + " are left");
      }
      field.end = in.at() + field.size;
      break;
    default: in.fail_here("a field of a kind that ONNX does not have");
  }
  if (in.ok() && in.at() > end) in.fail_here("a field goes past the end of its message");
  return in.ok();
}

}  // namespace spillway::fit
