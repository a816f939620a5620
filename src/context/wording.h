#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::context {

// What is written into a conversation. No clock and no chance: the same cut says the same words.

/// What a result's placeholder is made of.
struct ClearedResult {
  std::string_view tool;    // raw, as the call has it; empty where not known
  std::uint64_t bytes = 0;  // of the text as it was sent
  std::uint64_t identity = 0;
};

/// "[result of read_file cleared: 4812 bytes; call read_file again if it is needed]", a JSON string.
std::string placeholder(const ClearedResult& result, std::string_view recall);

/// The beginning and the end of `inner`, together with the words between them at most `bytes` long; a JSON
/// string. Empty where not even the words fit.
std::string head_and_tail(std::string_view inner, std::uint64_t bytes, const ClearedResult& result,
                          std::string_view recall);

std::string warning_note();
std::string cut_note(std::size_t results, std::size_t messages);
std::string reminder_note();

/// `content` (a JSON string or an array of parts) with `note` (inner text) at its end; empty where it is
/// neither.
std::string with_note(std::string_view content, std::string_view note);

}  // namespace spillway::context
