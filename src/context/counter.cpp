#include "context/counter.h"

namespace spillway::context {

Result<std::uint64_t> ServerCounter::tokens(const Value& value) {
  std::string key(value.raw);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  const auto said = one_(value.raw);
  if (said) known_.emplace(std::move(key), *said);
  return said;
}

}  // namespace spillway::context
