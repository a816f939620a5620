#include "doctor/lines/marks.h"

#include <algorithm>
#include <cassert>

namespace spillway::doctor {

void MarkSet::add(std::string_view mark, std::size_t number) {
  assert(mark.size() >= kShortest && number < kMost && marks_.size() < 255);
  const bool known = std::any_of(marks_.begin(), marks_.end(), [&](Mark& other) {
    if (other.text != mark) return false;
    other.bits.set(number);
    return true;
  });
  if (known) return;
  marks_.push_back(
      {std::string(mark), Found().set(number), hash(mark.data() + kShortest - kBlock)});
}

void MarkSet::prepare() {
  std::sort(marks_.begin(), marks_.end(),
            [](const Mark& a, const Mark& b) { return a.block < b.block; });
  shift_.fill(kShortest - kBlock + 1);
  first_.fill(0);
  for (std::size_t i = marks_.size(); i-- > 0;) {
    const Mark& mark = marks_[i];
    first_[mark.block] = static_cast<std::uint8_t>(i + 1);
    for (std::size_t at = 0; at + kBlock <= kShortest; ++at) {
      std::uint8_t& shift = shift_[hash(mark.text.data() + at)];
      shift = std::min(shift, static_cast<std::uint8_t>(kShortest - kBlock - at));
    }
  }
}

MarkSet::Found MarkSet::find(std::string_view text) const {
  Found found;
  const char* const end = text.data() + text.size();
  const char* at = text.data() + (kShortest - kBlock);
  if (text.size() < kShortest) return found;
  while (at + kBlock <= end) {
    const std::size_t block = hash(at);
    const std::uint8_t shift = shift_[block];
    if (shift != 0) {
      at += shift;
      continue;
    }
    const char* begin = at - (kShortest - kBlock);
    const auto left = static_cast<std::size_t>(end - begin);
    for (std::size_t i = first_[block] - std::size_t{1};
         i < marks_.size() && marks_[i].block == block; ++i) {
      const Mark& mark = marks_[i];
      if (mark.text.size() <= left && std::equal(mark.text.begin(), mark.text.end(), begin)) {
        found |= mark.bits;
      }
    }
    ++at;
  }
  return found;
}

}  // namespace spillway::doctor
