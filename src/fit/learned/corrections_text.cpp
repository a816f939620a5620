#include "fit/learned/corrections_text.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/writer.h"

namespace spillway::fit {
namespace {

constexpr std::string_view kSchema = "spillway.correction/1";
constexpr std::size_t kLongestText = 512;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;

constexpr std::array<std::pair<const char*, std::string CorrectionKey::*>, 4> kTexts{
    {{"model", &CorrectionKey::model},
     {"device", &CorrectionKey::device},
     {"runtime", &CorrectionKey::runtime},
     {"use", &CorrectionKey::use}}};
constexpr std::array<std::pair<const char*, double Correction::*>, 2> kScales{
    {{"slack_ratio", &Correction::slack_scale}, {"compute_ratio", &Correction::compute_scale}}};

std::string line(const Lesson& lesson) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", kSchema);
  json.member("time", lesson.at);
  for (const auto& [name, text] : kTexts) json.member(name, lesson.key.*text);
  json.member("predicted_bytes", lesson.predicted);
  json.member("measured_bytes", lesson.measured);
  json.member("constant_bytes", lesson.correction.constant);
  for (const auto& [name, scale] : kScales) json.member(name, lesson.correction.*scale);
  json.end_object();
  return json.take() + "\n";
}

/// Reads members one after another; `good` until one is missing, of another type or out of bounds.
class Reader {
 public:
  explicit Reader(const nlohmann::json& json) : json_(json) {}

  std::string text(const char* name) {
    const auto* found = get<std::string>(name);
    if (found == nullptr || found->size() > kLongestText) return miss<std::string>();
    return *found;
  }
  Bytes bytes(const char* name, std::int64_t least) {
    const auto found = json_.find(name);
    if (found == json_.end() || !found->is_number_integer()) return miss<Bytes>();
    const double about = found->get<double>();  // beyond 2^63, too
    if (about < static_cast<double>(least) || about > static_cast<double>(kMostBytes)) {
      return miss<Bytes>();
    }
    return {found->get<std::int64_t>()};
  }
  double scale(const char* name) {
    const auto found = json_.find(name);
    if (found == json_.end() || !found->is_number()) return miss<double>();
    const double value = found->get<double>();
    const bool sane = value >= Correction::kLeastScale && value <= Correction::kMostScale;
    return sane ? value : miss<double>();
  }
  void require(bool condition) { good_ = good_ && condition; }
  bool good() const { return good_; }

 private:
  template <class T>
  const T* get(const char* name) const {
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : found->get_ptr<const T*>();
  }
  template <class T>
  T miss() {
    good_ = false;
    return {};
  }

  const nlohmann::json& json_;
  bool good_ = true;
};

std::optional<Lesson> lesson(std::string_view line) {
  const auto json = parse_document(line, {.depth = 4, .values = 64});
  if (!json || !json->is_object()) return std::nullopt;
  Reader read(*json);
  read.require(read.text("schema") == kSchema);
  Lesson lesson;
  for (const auto& [name, text] : kTexts) lesson.key.*text = read.text(name);
  lesson.predicted = read.bytes("predicted_bytes", 1);
  lesson.measured = read.bytes("measured_bytes", 1);
  lesson.correction.constant = read.bytes("constant_bytes", -kMostBytes);
  for (const auto& [name, scale] : kScales) lesson.correction.*scale = read.scale(name);
  lesson.correction.where = lesson.key.device == kRamDevice ? Where::ram : Where::vram;
  const auto time = parse_rfc3339(read.text("time"));
  if (!time || !read.good()) return std::nullopt;
  lesson.at = *time;
  return lesson;
}

}  // namespace

std::string corrections_text(const Corrections& corrections) {
  std::string text;
  for (const Lesson& lesson : corrections.lessons()) text += line(lesson);
  return text;
}

ReadCorrections parse_corrections(std::string_view text) {
  ReadCorrections read;
  while (const auto next = next_token(text, '\n')) {
    if (trimmed(*next).empty()) continue;
    if (auto learned = lesson(*next)) {
      read.corrections.add(std::move(*learned));
    } else {
      ++read.skipped;
    }
  }
  return read;
}

}  // namespace spillway::fit
