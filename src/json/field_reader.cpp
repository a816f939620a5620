#include "json/field_reader.h"

#include <algorithm>

#include "base/clock.h"

namespace spillway {
namespace {

/// Far beyond any real moment (73 years), near enough that differences of two cannot overflow.
constexpr std::int64_t kFarthest = std::int64_t{1} << 61;

}  // namespace

std::string Place::text() const {
  if (above == nullptr) return {};
  std::string path = above->text();
  if (key == nullptr) return path + "[" + std::to_string(index) + "]";
  return path.empty() ? key : path + "." + key;
}

void FieldReader::report(const Place& place, std::string what, std::optional<Error>& error) {
  if (!error) error = Error{Errc::invalid, std::move(what), place.text(), {}};
}

void FieldReader::Value::read(bool& into) {
  if (!json.is_boolean()) return wrong("not true or false");
  into = json.get<bool>();
}

void FieldReader::Value::read(double& into) {
  if (!json.is_number()) return wrong("not a number");
  into = json.get<double>();
}

void FieldReader::Value::read(std::string& into) {
  const auto* text = json.get_ptr<const std::string*>();
  if (text == nullptr) return wrong("not text");
  into = *text;
}

void FieldReader::Value::read(Duration& into) {
  std::int64_t nanoseconds = 0;
  read(nanoseconds);
  into = Duration(std::clamp(nanoseconds, -kFarthest, kFarthest));
}

void FieldReader::Value::read(TimePoint& into) {
  Duration since_boot{};
  read(since_boot);
  into = TimePoint(since_boot);
}

void FieldReader::Value::read(WallTime& into) {
  std::string text;
  read(text);
  if (error) return;
  const auto time = parse_rfc3339(text);
  if (!time) return wrong(time.error().what);
  into = *time;
}

}  // namespace spillway
