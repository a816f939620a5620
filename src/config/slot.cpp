#include "config/slot.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "base/clock.h"
#include "base/text.h"

namespace spillway {
namespace {

Status wrong(std::string what, std::string hint) {
  return fail(Errc::invalid, std::move(what), {}, std::move(hint));
}

std::optional<double> number(const ConfigScalar& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

Result<Bytes> size(const ConfigScalar& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value); whole && *whole >= 0) {
    return Bytes{*whole};
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto parsed = parse_bytes(*text)) return *parsed;
  }
  return fail(Errc::invalid, "not an amount of memory", {}, "such as \"512MiB\" or \"2GB\"");
}

Result<Duration> time(const ConfigScalar& value) {
  const std::string hint = "such as \"250ms\", \"10s\", \"5m\", \"8d\", or a number of seconds";
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto parsed = parse_duration(*text)) return *parsed;
  }
  const auto seconds = number(value);
  if (seconds && *seconds >= 0 && *seconds < 1e9) return from_seconds(*seconds);
  return fail(Errc::invalid, "not a length of time", {}, hint);
}

/// The name of an enum's value, with all names for the hint.
template <class E, std::size_t N>
Status choose(const std::array<E, N>& all, const ConfigScalar& value, E& into) {
  const auto* text = std::get_if<std::string>(&value);
  std::string names;
  for (const E one : all) {
    if (text && *text == name(one)) {
      into = one;
      return {};
    }
    names += (names.empty() ? "" : ", ") + std::string(name(one));
  }
  return wrong(text ? "\"" + *text + "\" is unknown" : "not text", "one of " + names);
}

constexpr std::array kSeverities{Severity::debug, Severity::info, Severity::warning,
                                 Severity::error};

bool is_none(const ConfigScalar& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text && *text == "none";
}

struct Assign {
  const ConfigScalar& value;

  Status operator()(bool* into) const {
    const auto* flag = std::get_if<bool>(&value);
    if (!flag) return wrong("not a switch", "true or false");
    *into = *flag;
    return {};
  }

  Status operator()(const ShareSlot& into) const {
    std::optional<double> share = number(value);
    if (const auto* text = std::get_if<std::string>(&value); text && text->ends_with('%')) {
      share = parse_decimal(trimmed(std::string_view(*text).substr(0, text->size() - 1)));
      if (share) *share /= 100;
    }
    if (!share || !(*share >= 0 && *share <= into.most)) {
      return wrong("not a share",
                   fmt::format("\"0%\" to \"{0:g}%\" or 0.0 to {1:g}", into.most * 100, into.most));
    }
    *into.value = *share;
    return {};
  }

  Status operator()(const RateSlot& into) const {
    const auto bytes = size(value);
    if (!bytes || *bytes <= Bytes{}) {
      return wrong("not an amount of memory per second", "such as \"6GB\" or \"800MB\"");
    }
    *into.value = static_cast<double>(bytes->count);
    return {};
  }

  Status operator()(const NumberSlot& into) const {
    const auto* whole = std::get_if<std::int64_t>(&value);
    if (!whole || *whole < into.least || *whole > into.most) {
      return wrong("not a possible number", fmt::format("{} to {}", into.least, into.most));
    }
    *into.value = static_cast<int>(*whole);
    return {};
  }

  Status operator()(const SizeSlot& into) const {
    const auto bytes = size(value);
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    if (*bytes < into.least) return wrong("too small", "at least " + to_string(into.least));
    *into.value = *bytes;
    return {};
  }

  Status operator()(const TimeSlot& into) const {
    const auto length = time(value);
    if (!length) return tl::unexpected<Error>(length.error());
    if (*length < into.least || *length > into.most) {
      return wrong(*length < into.least ? "too short" : "too long",
                   to_string(into.least) + " to " + to_string(into.most));
    }
    *into.value = *length;
    return {};
  }

  Status operator()(const PathSlot& into) const {
    const auto* text = std::get_if<std::string>(&value);
    if (!text || !(text->empty() || text->starts_with('/'))) {
      return wrong("not an absolute path", "\"/...\", or \"\" for the usual place");
    }
    *into.value = *text;
    return {};
  }

  Status operator()(std::string* into) const {
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return wrong("not text", "write it in \"quotes\"");
    *into = *text;
    return {};
  }

  Status operator()(std::vector<std::string>* into) const {
    const auto* list = std::get_if<std::vector<std::string>>(&value);
    if (!list) return wrong("not a list of texts", "such as [\"a\", \"b\"]");
    *into = *list;
    return {};
  }

  Status operator()(std::optional<Bytes>* into) const { return maybe(into, size(value)); }
  Status operator()(std::optional<Duration>* into) const { return maybe(into, time(value)); }

  template <class T>
  Status maybe(std::optional<T>* into, const Result<T>& parsed) const {
    if (is_none(value)) {
      into->reset();
      return {};
    }
    if (!parsed) {
      return wrong(parsed.error().what, parsed.error().hint + ", or \"none\"");
    }
    *into = *parsed;
    return {};
  }

  Status operator()(std::optional<int>* into) const {
    int parsed = 0;
    return Assign{value}(NumberSlot{&parsed, -1000, 1000}).map([&] { *into = parsed; });
  }
  Status operator()(std::optional<bool>* into) const {
    bool parsed = false;
    return Assign{value}(&parsed).map([&] { *into = parsed; });
  }

  Status operator()(Rung* into) const { return choose(kRungs, value, *into); }
  Status operator()(Severity* into) const { return choose(kSeverities, value, *into); }
};

/// The largest unit in which the amount is whole.
template <class T, std::size_t N>
std::string in_units(T amount, const std::array<std::pair<T, const char*>, N>& units) {
  for (const auto& [unit, suffix] : units) {
    if (amount % unit == 0) return fmt::format("\"{}{}\"", amount / unit, suffix);
  }
  return fmt::format("{}", amount);
}

struct Spell {
  using Unit = std::pair<std::int64_t, const char*>;

  std::string operator()(const bool* flag) const { return *flag ? "true" : "false"; }
  std::string operator()(const ShareSlot& slot) const {
    return fmt::format("\"{:.12g}%\"", *slot.value * 100);
  }
  std::string operator()(const RateSlot& slot) const {
    constexpr std::array kUnits{Unit{1'000'000'000, "GB"}, Unit{1'000'000, "MB"},
                                Unit{1'000, "kB"}};
    return in_units(static_cast<std::int64_t>(*slot.value), kUnits);
  }
  std::string operator()(const NumberSlot& slot) const { return fmt::format("{}", *slot.value); }
  std::string operator()(const SizeSlot& slot) const { return bytes(*slot.value); }
  std::string operator()(const TimeSlot& slot) const { return length(*slot.value); }
  std::string operator()(const PathSlot& slot) const { return quoted(*slot.value); }
  std::string operator()(const std::string* text) const { return quoted(*text); }
  std::string operator()(const std::vector<std::string>* list) const {
    std::string items;
    for (const std::string& item : *list) items += (items.empty() ? "" : ", ") + quoted(item);
    return "[" + items + "]";
  }
  std::string operator()(const std::optional<Bytes>* maybe) const {
    return *maybe ? bytes(**maybe) : "";
  }
  std::string operator()(const std::optional<Duration>* maybe) const {
    return *maybe ? length(**maybe) : "";
  }
  std::string operator()(const std::optional<int>* maybe) const {
    return *maybe ? fmt::format("{}", **maybe) : "";
  }
  std::string operator()(const std::optional<bool>* maybe) const {
    return *maybe ? fmt::format("{}", **maybe) : "";
  }
  std::string operator()(const Rung* rung) const { return fmt::format("\"{}\"", name(*rung)); }
  std::string operator()(const Severity* severity) const {
    return fmt::format("\"{}\"", name(*severity));
  }

  static std::string bytes(Bytes amount) {
    constexpr std::array kUnits{Unit{1 << 30, "GiB"}, Unit{1 << 20, "MiB"}, Unit{1 << 10, "KiB"}};
    return amount == Bytes{} ? "0" : in_units(amount.count, kUnits);
  }
  static std::string length(Duration amount) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    constexpr std::array kUnits{Unit{86400 * kSecond, "d"}, Unit{3600 * kSecond, "h"},
                                Unit{60 * kSecond, "m"}, Unit{kSecond, "s"}};
    constexpr std::int64_t kMillisecond = 1'000'000;
    if (amount == Duration::zero()) return "\"0s\"";
    std::string whole = in_units(amount.count(), kUnits);
    if (whole.front() == '"') return whole;
    std::string digits = fmt::format("{}", amount.count() / kMillisecond);
    if (const std::int64_t rest = amount.count() % kMillisecond; rest != 0) {
      digits += fmt::format(".{:06}", rest);
    }
    return "\"" + digits + "ms\"";
  }
};

}  // namespace

Status assign(const ConfigSlot& slot, const ConfigScalar& value) {
  return std::visit(Assign{value}, slot);
}

std::string spelled(const ConfigSlot& slot) { return std::visit(Spell{}, slot); }

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace spillway
