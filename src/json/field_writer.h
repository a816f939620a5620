#pragma once

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "json/names.h"
#include "json/writer.h"

namespace spillway {

/// The writing half of a fields() description.
class FieldWriter {
 public:
  template <class T>
  using Ref = const T&;

  FieldWriter(JsonWriter& out, bool compact) : out_(out), compact_(compact) {}

  template <class T>
  void operator()(std::string_view key, const T& value) {
    if (compact_ && is_empty(value)) return;
    must(key, value);
  }

  /// A member that is always there and that a reader insists on.
  template <class T>
  void must(std::string_view key, const T& value) {
    out_.key(key);
    write(value);
  }

  template <class T>
  void write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      out_.value(name(value));
    } else if constexpr (requires { fields(*this, value); }) {
      out_.begin_object();
      fields(*this, value);
      out_.end_object();
    } else {
      out_.value(value);
    }
  }
  void write(const PoolId& pool) { out_.value(pool.text); }
  void write(const TenantId& tenant) { out_.value(tenant.text); }

  template <class T>
  void write(const std::optional<T>& maybe) {
    if (maybe) {
      write(*maybe);
    } else {
      out_.value(nullptr);
    }
  }

  template <class T>
  void write(const std::vector<T>& list) {
    out_.begin_array();
    for (const T& item : list) write(item);
    out_.end_array();
  }

 private:
  template <class T>
  static bool is_empty(const T& value) {
    if constexpr (requires { value.has_value(); }) {
      return !value.has_value();
    } else if constexpr (requires { value.empty(); }) {
      return value.empty();
    } else {
      return false;
    }
  }

  JsonWriter& out_;
  bool compact_;
};

}  // namespace spillway
