#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace spillway::support {

/// One way of spoiling a text: what parsers must survive.
struct Spoiler {
  std::string name;
  std::function<std::string(std::string)> spoil;
  bool leaves_nothing = false;  // no parser may find a figure in what is left
};

/// Each run of digits replaced by `with`.
inline std::string with_numbers(const std::string& text, const std::string& with) {
  std::string changed;
  bool in_number = false;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit && !in_number) changed += with;
    if (!digit) changed += c;
    in_number = digit;
  }
  return changed;
}

/// Some bytes changed, always the same ones.
inline std::string flipped(std::string text, std::uint32_t seed) {
  for (char& c : text) {
    seed = seed * 1664525U + 1013904223U;
    if ((seed >> 24) < 8) c = static_cast<char>(seed >> 16);
  }
  return text;
}

inline std::vector<Spoiler> spoilers() {
  std::vector<Spoiler> all{
      {"Empty", [](std::string) { return std::string(); }, true},
      {"Newlines", [](std::string) { return std::string(1000, '\n'); }, true},
      {"Zeros", [](std::string) { return std::string(1000, '\0'); }, true},
      {"HighBytes", [](std::string) { return std::string(5000, '\xff'); }, true},
      {"OneEndlessLine", [](std::string) { return std::string(100'000, 'a'); }, true},
      {"TooLong", [](std::string) { return std::string((1 << 20) + 1, '1'); }, true},
      {"Words", [](std::string) { return std::string("not what was expected\n"); }, true},
      {"Blanks",
       [](std::string t) {
         std::replace(t.begin(), t.end(), '\n', ' ');
         return t;
       }},
      {"Negative", [](const std::string& t) { return with_numbers(t, "-1"); }},
      {"Huge", [](const std::string& t) { return with_numbers(t, "18446744073709551615"); }},
      {"BeyondHuge",
       [](const std::string& t) { return with_numbers(t, "99999999999999999999999"); }},
      {"Zero", [](const std::string& t) { return with_numbers(t, "0"); }},
      {"NoNumbers", [](const std::string& t) { return with_numbers(t, ""); }},
      {"Hexadecimal", [](const std::string& t) { return with_numbers(t, "0x7f"); }},
      {"Doubled", [](const std::string& t) { return t + t; }},
  };
  for (int part = 1; part < 16; ++part) {
    all.push_back({"CutAt" + std::to_string(part) + "Of16", [part](const std::string& t) {
                     return t.substr(0, t.size() * static_cast<std::size_t>(part) / 16);
                   }});
  }
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    all.push_back({"Flipped" + std::to_string(seed),
                   [seed](const std::string& t) { return flipped(t, seed); }});
  }
  return all;
}

}  // namespace spillway::support
