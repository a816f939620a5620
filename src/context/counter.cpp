#include "context/counter.h"

namespace spillway::context {

Result<std::uint64_t> ServerCounter::tokens(const Value& value) {
  if (const auto known = cache_.find(server_, value.raw)) return *known;
  const auto said = one_(value.raw);
  if (said) cache_.add(server_, value.raw, *said);
  return said;
}

}  // namespace spillway::context
