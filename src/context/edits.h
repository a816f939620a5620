#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::context {

enum class EditKind : std::uint8_t {
  clear,  // a result's text is replaced by a placeholder
  cut,    // a text is replaced by its beginning and its end
  drop,   // the message is left out
  note,   // a notice is put at the end of the message's text
};
inline constexpr std::array<std::string_view, 4> kEditNames{"clear", "cut", "drop", "note"};
inline std::string_view name(EditKind kind) { return kEditNames[static_cast<std::size_t>(kind)]; }

/// One change of one message: enough to do it again, byte for byte, on a later request that contains the
/// same message.
struct Edit {
  EditKind kind = EditKind::clear;
  std::size_t message = 0;     // its index in the whole history
  std::uint64_t identity = 0;  // identity_of() its JSON as the client sent it
  std::string text;        // JSON text: clear and cut: the new content; note: what is added to it
  std::int64_t freed = 0;  // tokens by the counter of the time; of a note below 0

  friend bool operator==(const Edit&, const Edit&) = default;
};

/// All that was changed in a conversation so far, in the order in which it was done.
struct Edits {
  std::vector<Edit> list;
  std::size_t seen = 0;  // messages of the last request that was looked at
  bool warned = false;   // that the next cut is near, since the last one

  friend bool operator==(const Edits&, const Edits&) = default;
};

/// FNV-1a, 64 bits, of a message as it was sent: the same on every machine and in every build.
constexpr std::uint64_t identity_of(std::string_view raw) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : raw) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace spillway::context
