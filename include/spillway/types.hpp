#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "spillway/spillway.h"

/// The words of the C++ interface. Everything is header-only over spillway.h and std types only.
namespace spillway {
inline namespace v0 {

/// An amount of memory in bytes; negative is a decrease.
struct Bytes {
  std::int64_t count = 0;

  constexpr Bytes() = default;
  template <std::integral N>
  constexpr explicit Bytes(N n) : count(static_cast<std::int64_t>(n)) {}

  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes(a.count + b.count); }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes(a.count - b.count); }
  friend constexpr Bytes operator-(Bytes a) { return Bytes(-a.count); }
  constexpr Bytes& operator+=(Bytes b) { return *this = *this + b; }
  constexpr Bytes& operator-=(Bytes b) { return *this = *this - b; }
};

inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) { return Bytes(n); }
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes(n << 10); }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes(n << 20); }
constexpr Bytes operator""_GiB(unsigned long long n) { return Bytes(n << 30); }
constexpr Bytes operator""_MB(unsigned long long n) { return Bytes(n * 1'000'000); }
constexpr Bytes operator""_GB(unsigned long long n) { return Bytes(n * 1'000'000'000); }
constexpr Bytes operator""_MiB(long double n) {
  return Bytes(static_cast<std::int64_t>(n * 1048576.0L));
}
constexpr Bytes operator""_GiB(long double n) {
  return Bytes(static_cast<std::int64_t>(n * 1073741824.0L));
}
constexpr Bytes operator""_MB(long double n) { return Bytes(static_cast<std::int64_t>(n * 1e6L)); }
constexpr Bytes operator""_GB(long double n) { return Bytes(static_cast<std::int64_t>(n * 1e9L)); }
}  // namespace literals

/// How short memory is. Ordered.
enum class Level {
  normal = SPILLWAY_NORMAL,
  warning = SPILLWAY_WARNING,
  critical = SPILLWAY_CRITICAL,
  emergency = SPILLWAY_EMERGENCY,
  shutdown = SPILLWAY_SHUTDOWN
};

inline const char* name(Level level) { return spillway_level_name(static_cast<int>(level)); }

/// Where a model's request is to be computed, or where the model is to go.
struct Place {
  std::string name;  // a variant's name; "cpu"; "" when the model is unloaded
  bool cpu = false;
};

/// What the library could not do. `code()` is a SPILLWAY_E_ code.
class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

/// The GPU's context is dead and the model cannot go on without it: its state was preserved, and
/// the process has to be restarted. what() is the driver's own message.
class RestartRequired : public Error {
 public:
  explicit RestartRequired(const std::string& what) : Error(SPILLWAY_E_UNAVAILABLE, what) {}
};

namespace detail {

/// Throws Error for a negative code, passes any other on.
inline int check(int code) {
  if (code < 0) throw Error(code, spillway_last_error());
  return code;
}

/// A zeroed struct of the C interface that knows its size.
template <class T>
T sized() {
  T raw = {};
  raw.struct_size = sizeof raw;
  return raw;
}

/// For user_free: a closure on the heap that the library owns.
template <class T>
void free_as(void* user) {
  delete static_cast<T*>(user);
}

}  // namespace detail
}  // namespace v0
}  // namespace spillway
