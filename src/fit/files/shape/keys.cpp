#include "fit/files/shape/keys.h"

namespace spillway::fit {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 32;

std::optional<std::uint64_t> plausible(std::int64_t value) {
  if (value < 0 || value > kMost) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

}  // namespace

const HeaderValue* Keys::find(std::string_view name) const {
  const auto found = file_->header.find(prefix_ + std::string(name));
  return found == file_->header.end() ? nullptr : &found->second;
}

bool Keys::has(std::string_view name) const {
  if (find(name) != nullptr) return true;
  const std::string beginning = prefix_ + std::string(name) + ".";
  const auto below = file_->header.lower_bound(beginning);
  return below != file_->header.end() && below->first.starts_with(beginning);
}

std::optional<std::uint64_t> Keys::number(Names names) const {
  for (const std::string_view name : names) {
    const HeaderValue* value = find(name);
    const auto* whole = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
    if (whole != nullptr && plausible(*whole)) return plausible(*whole);
    // 1e6, as some write it
    const auto* real = value == nullptr ? nullptr : std::get_if<double>(value);
    if (real != nullptr && *real >= 1 && *real <= double{kMost} &&
        static_cast<double>(static_cast<std::int64_t>(*real)) == *real) {
      return static_cast<std::uint64_t>(*real);
    }
  }
  return std::nullopt;
}

std::optional<double> Keys::fraction(std::string_view name) const {
  const HeaderValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* real = std::get_if<double>(value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<bool> Keys::flag(Names names) const {
  for (const std::string_view name : names) {
    const HeaderValue* value = find(name);
    if (value == nullptr) continue;
    if (const bool* is = std::get_if<bool>(value)) return *is;
  }
  return std::nullopt;
}

std::string_view Keys::text(Names names) const {
  for (const std::string_view name : names) {
    const HeaderValue* value = find(name);
    if (value == nullptr) continue;
    if (const auto* text = std::get_if<std::string>(value)) return *text;
  }
  return {};
}

std::vector<std::int64_t> Keys::list(std::string_view name) const {
  const HeaderValue* value = find(name);
  const auto* list = value == nullptr ? nullptr : std::get_if<std::vector<std::int64_t>>(value);
  return list == nullptr ? std::vector<std::int64_t>{} : *list;
}

std::vector<std::uint64_t> Keys::per_layer(std::string_view name, std::uint64_t layers,
                                           std::uint64_t otherwise) const {
  std::vector<std::uint64_t> out(layers, number({name}, otherwise));
  const auto values = list(name);
  for (std::size_t i = 0; i < out.size() && i < values.size(); ++i) {
    out[i] = plausible(values[i]).value_or(otherwise);
  }
  return out;
}

std::vector<std::string_view> Keys::words(std::string_view name) const {
  std::vector<std::string_view> out;
  while (true) {
    const std::string_view word = text({std::string(name) + "." + std::to_string(out.size())});
    if (word.empty()) return out;
    out.push_back(word);
  }
}

std::uint64_t Keys::length(std::string_view name) const {
  const HeaderValue* value = find(name);
  const auto* length = value == nullptr ? nullptr : std::get_if<ArrayLength>(value);
  return length == nullptr ? list(name).size() : length->count;
}

}  // namespace spillway::fit
