#include "capi/error_classifier.h"

#include <algorithm>
#include <array>
#include <string>

namespace spillway {

namespace {

struct Phrase {
  std::string_view text;  // in lower case
  ErrorKind kind;
};

// Sticky ones first: "an illegal memory access" must not be read as a want of memory.
// CUDA: the descriptions of cudaError_t in the CUDA Runtime API reference, "Error handling".
constexpr std::array kPhrases{
    Phrase{"illegal memory access", ErrorKind::sticky},
    Phrase{"illegaladdress", ErrorKind::sticky},
    Phrase{"illegal_address", ErrorKind::sticky},
    Phrase{"unspecified launch failure", ErrorKind::sticky},
    Phrase{"errorlaunchfailure", ErrorKind::sticky},
    Phrase{"error_launch_failed", ErrorKind::sticky},
    Phrase{"uncorrectable ecc", ErrorKind::sticky},
    Phrase{"eccuncorrectable", ErrorKind::sticky},
    Phrase{"ecc_uncorrectable", ErrorKind::sticky},
    Phrase{"launch timed out", ErrorKind::sticky},
    Phrase{"errorlaunchtimeout", ErrorKind::sticky},
    Phrase{"error_launch_timeout", ErrorKind::sticky},
    Phrase{"device-side assert", ErrorKind::sticky},
    Phrase{"misaligned address", ErrorKind::sticky},

    Phrase{"out of memory", ErrorKind::memory},
    Phrase{"outofmemory", ErrorKind::memory},
    Phrase{"out_of_memory", ErrorKind::memory},
    Phrase{"errormemoryallocation", ErrorKind::memory},
    Phrase{"bad_alloc", ErrorKind::memory},
    Phrase{"cannot allocate memory", ErrorKind::memory},
    Phrase{"can't allocate memory", ErrorKind::memory},
    Phrase{"failed to allocate memory", ErrorKind::memory},
    Phrase{"status_alloc_failed", ErrorKind::memory},
};

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

ErrorKind classify_error(std::string_view message) {
  const std::string text = lowered(message);
  const auto found = std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& phrase) {
    return text.find(phrase.text) != std::string::npos;
  });
  return found == kPhrases.end() ? ErrorKind::other : found->kind;
}

std::optional<Bytes> wanted_bytes(std::string_view message) {
  // PyTorch "Tried to allocate 2.50 GiB", ONNX Runtime "requested buffer of size 268435456",
  // ggml "allocating 1024.00 MiB".
  for (const std::string_view lead : {"to allocate ", "of size ", "allocating "}) {
    const std::size_t at = message.find(lead);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = message.substr(at + lead.size());
    const std::size_t number = rest.find_first_not_of("0123456789.");
    if (number == 0) continue;
    const std::size_t unit = number == std::string_view::npos ? number
                             : rest[number] == ' '            ? number + 1
                                                              : number;
    std::string amount(rest.substr(0, number));
    while (!amount.empty() && amount.back() == '.') amount.pop_back();  // the sentence's full stop
    if (unit != std::string_view::npos) {
      const std::string_view word = rest.substr(unit, 3);
      for (const std::string_view known : {"KiB", "MiB", "GiB"}) {
        if (word == known) amount += known;
      }
    }
    if (const auto bytes = parse_bytes(amount)) return *bytes;
  }
  return std::nullopt;
}

}  // namespace spillway
