#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spillway::support {

/// Calls `check` with the text cut off at every length, and with every byte changed in several ways:
/// whatever a reader says to these, it comes back.
template <class Check>
void each_mutation(std::string_view text, Check check) {
  for (std::size_t length = 0; length < text.size(); ++length) {
    check(std::string(text.substr(0, length)));
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff, 0x20}) {
      std::string changed(text);
      changed[at] = static_cast<char>(changed[at] ^ change);
      check(changed);
    }
  }
}

}  // namespace spillway::support
