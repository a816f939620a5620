#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "spillway/types.hpp"

namespace spillway {
inline namespace v0 {

/// What a model is asked to do; valid during the call.
struct Ask {
  std::string_view verb;  // "trim", "shrink", "offload", "restore", "release", "unload", "preserve"
  Place place;            // where to go (release: which place to give up)
  Bytes bytes;            // how much is wanted; 0: all it can
  std::string_view reason;
};

/// Anything a model can be asked with: callable with (const Ask&), (Place) or nothing. It may
/// return
///   void          done, the figures of the variants hold,
///   bool          whether it was done,
///   Bytes         how much it gave back in the model's own pool (restore: how much it took),
///   a string, vector or span of bytes (preserve): the state to keep.
/// An exception means that it was not done and costs nothing more than that.
class Callback {
 public:
  Callback() = default;

  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Callback> &&
           (std::invocable<F&, const Ask&> || std::invocable<F&, Place> || std::invocable<F&>))
      Callback(F fn)  // NOLINT(google-explicit-constructor): a lambda is to become one by itself
      : call_([fn = std::make_shared<F>(std::move(fn))](const Ask& ask, spillway_reply* reply) {
          return answer(*fn, ask, reply);
        }) {}

  explicit operator bool() const { return static_cast<bool>(call_); }

  /// For the C interface: never throws.
  int operator()(const spillway_ask* raw, spillway_reply* reply) const noexcept {
    try {
      return call_({raw->verb, {raw->place, raw->on_cpu != 0}, Bytes(raw->bytes), raw->reason},
                   reply);
    } catch (const std::exception& error) {
      spillway_reply_error(reply, error.what());
    } catch (...) {
      spillway_reply_error(reply, "an exception that is no std::exception");
    }
    return SPILLWAY_E_CALLBACK;
  }

 private:
  template <class F>
  static decltype(auto) invoke(F& fn, const Ask& ask) {
    if constexpr (std::invocable<F&, const Ask&>) {
      return fn(ask);
    } else if constexpr (std::invocable<F&, Place>) {
      return fn(ask.place);
    } else {
      return fn();
    }
  }

  template <class F>
  static int answer(F& fn, const Ask& ask, spillway_reply* reply) {
    using Answer = std::remove_cvref_t<decltype(invoke(fn, ask))>;
    if constexpr (std::is_void_v<Answer>) {
      invoke(fn, ask);
      return SPILLWAY_OK;
    } else if constexpr (std::same_as<Answer, bool>) {
      return invoke(fn, ask) ? SPILLWAY_OK : SPILLWAY_E_CALLBACK;
    } else if constexpr (std::same_as<Answer, Bytes>) {
      const Bytes moved = invoke(fn, ask);
      return spillway_reply_change(reply, nullptr,
                                   ask.verb == "restore" ? moved.count : -moved.count);
    } else {
      const auto& data = invoke(fn, ask);
      return spillway_reply_data(reply, std::data(data),
                                 std::size(data) * sizeof(*std::data(data)));
    }
  }

  std::function<int(const Ask&, spillway_reply*)> call_;
};

}  // namespace v0
}  // namespace spillway
