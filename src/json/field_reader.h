#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "json/names.h"

namespace spillway {

/// Where in the document a value stands; the text is made only when something is wrong there.
struct Place {
  const Place* above = nullptr;
  const char* key = "";
  std::size_t index = 0;

  std::string text() const;
};

/// The reading half of a fields() description. After the first error nothing more is read.
class FieldReader {
 public:
  template <class T>
  using Ref = T&;
  using Json = nlohmann::json;

  /// The members of `object`, which stands at `place`; the first error goes to `error`.
  FieldReader(const Json& object, const Place& place, std::optional<Error>& error)
      : object_(object), place_(place), error_(error) {}

  template <class T>
  void operator()(const char* key, T& into) {
    member(key, into, false);
  }
  template <class T>
  void must(const char* key, T& into) {
    member(key, into, true);
  }

  /// Reads `json` at `place` into any type that has a description.
  template <class T>
  static void read(const Json& json, const Place& place, std::optional<Error>& error, T& into) {
    Value{json, place, error}.read(into);
  }

 private:
  template <class T>
  void member(const char* key, T& into, bool required) {
    if (error_) return;
    const auto found = object_.find(key);
    if (found != object_.end()) return read(*found, {&place_, key}, error_, into);
    if (required) report(place_, "\"" + std::string(key) + "\" is missing", error_);
  }

  static void report(const Place& place, std::string what, std::optional<Error>& error);

  /// One value and how each type is read from it.
  struct Value {
    const Json& json;
    const Place& place;
    std::optional<Error>& error;

    void read(bool& into);
    void read(double& into);
    void read(std::string& into);
    void read(Bytes& into) { read(into.count); }
    void read(Duration& into);
    void read(TimePoint& into);
    void read(WallTime& into);
    void read(PoolId& into) { read(into.text); }
    void read(TenantId& into) { read(into.text); }

    template <class T>
    void read(std::optional<T>& into) {
      if (json.is_null()) {
        into.reset();
      } else {
        read(into.emplace());
      }
    }

    template <class T>
    void read(std::vector<T>& into) {
      into.clear();
      if (!json.is_array()) return wrong("not an array");
      for (std::size_t i = 0; i < json.size() && !error; ++i) {
        FieldReader::read(json[i], Place{&place, nullptr, i}, error, into.emplace_back());
      }
    }

    template <class T>
    void read(T& into) {
      if constexpr (std::is_enum_v<T>) {
        const auto* text = json.get_ptr<const std::string*>();
        if (text == nullptr) return wrong("not text");
        const auto value = parse_name<T>(*text);
        if (!value) return wrong("\"" + *text + "\" is none of " + all_names<T>());
        into = *value;
      } else if constexpr (std::is_integral_v<T>) {
        read_integer(into);
      } else {
        if (!json.is_object()) return wrong("not an object");
        FieldReader reader(json, place, error);
        fields(reader, into);
      }
    }

    template <class T>
    void read_integer(T& into) {
      if (!json.is_number_integer()) return wrong("not an integer");
      const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                  : std::in_range<T>(json.get<std::int64_t>());
      if (!fits) return wrong("out of range");
      into = json.get<T>();
    }

    template <class E>
    static std::string all_names() {
      std::string all;
      for (int i = 0; i <= static_cast<int>(kLast<E>); ++i) {
        all += (i > 0 ? ", " : "") + std::string(name(static_cast<E>(i)));
      }
      return all;
    }

    void wrong(std::string what) { report(place, std::move(what), error); }
  };

  const Json& object_;
  const Place& place_;
  std::optional<Error>& error_;
};

}  // namespace spillway
