#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "spillway/callback.hpp"
#include "spillway/types.hpp"

namespace spillway {
inline namespace v0 {

struct PoolBytes {
  std::string pool;  // "ram"; "" is the model's own pool
  Bytes bytes;
};

/// One size a model can be run at. `{"cpu"}` is taken to need the first variant's bytes in "ram".
struct Variant {
  std::string name;
  Bytes bytes = {};                  // in the model's own pool
  std::vector<PoolBytes> also = {};  // in others
};

/// See spillway_tenant_options in spillway.h for when and on which thread each callback comes.
struct ModelOptions {
  std::string name;
  std::string pool = {};  // "": VRAM if the program's CUDA or HIP driver answers, else "ram"
  Bytes bytes = {};       // held there; not read when there are variants
  int priority = 0;       // higher keeps its memory longer
  bool pinned = false;
  bool stop_allowed = false;
  bool loaded = true;                       // false: the first request loads it, by `restore`
  std::chrono::milliseconds idle_unload{};  // 0: only under pressure
  Callback trim = {};
  Callback shrink = {};
  Callback offload = {};
  Callback restore = {};
  Callback release = {};
  Callback unload = {};
  Callback preserve = {};
  std::vector<Variant> variants = {};  // from preferred to smallest
};

enum class ErrorKind {
  other = SPILLWAY_ERROR_OTHER,
  memory = SPILLWAY_ERROR_MEMORY,
  sticky = SPILLWAY_ERROR_STICKY
};

enum class Verdict {
  not_memory = SPILLWAY_NOT_MEMORY,
  retry = SPILLWAY_RETRY,
  use_cpu = SPILLWAY_USE_CPU,
  restart = SPILLWAY_RESTART,
  give_up = SPILLWAY_GIVE_UP
};

/// A program's own view of an error; nullopt leaves it to the library.
using Classifier = std::function<std::optional<ErrorKind>(const std::exception&)>;

/// A registered model. Movable; unregisters at its end, which waits for a running callback. May
/// outlive the MemoryManager. Any thread.
class Model {
 public:
  Model() = default;
  /// As MemoryManager::register_model.
  Model(spillway_manager* manager, const ModelOptions& options,
        std::shared_ptr<const Classifier> classifier);

  explicit operator bool() const { return handle_ != nullptr; }
  spillway_tenant* handle() const { return handle_.get(); }
  std::string name() const { return spillway_tenant_name(handle_.get()); }

  /// Computes `fn(Place)` (or `fn()`) where the model is, while no move of it can begin, and
  /// returns what it returns. When it fails for want of memory, room is made and it is called
  /// again; failing again, it is called with the CPU. Other errors pass through unchanged. Throws
  /// RestartRequired when the GPU's context died, Error when the model is unloaded and cannot be
  /// loaded. `fn` may call run() of this or other models. See spillway_handle_error for how errors
  /// are counted.
  template <class F>
  decltype(auto) run(F&& fn);

  /// For programs with a loop of their own: after a failed try, outside of run().
  Verdict handle_error(const std::exception& error) {
    const Failure failure = describe(error);
    return static_cast<Verdict>(detail::check(spillway_handle_error(
        handle_.get(), nullptr, failure.message.c_str(), static_cast<int>(failure.kind))));
  }
  void reset_errors() { detail::check(spillway_reset_errors(handle_.get())); }

  void pin() { detail::check(spillway_pin(handle_.get())); }
  void unpin() { detail::check(spillway_unpin(handle_.get())); }
  void touch() { detail::check(spillway_touch(handle_.get())); }
  void set_priority(int priority) { detail::check(spillway_set_priority(handle_.get(), priority)); }
  /// What it holds now; pool "" is its own.
  void set_bytes(Bytes bytes, const std::string& pool = {}) {
    detail::check(spillway_set_bytes(handle_.get(), pool.c_str(), bytes.count));
  }
  /// What `trim` could give back right now.
  void set_trimmable(std::optional<Bytes> bytes) {
    detail::check(spillway_set_trimmable(handle_.get(), bytes ? bytes->count : SPILLWAY_UNKNOWN));
  }

  /// Moves it whatever the levels say, and waits; throws Error when it cannot be.
  void offload(std::chrono::milliseconds timeout = {}) {
    detail::check(spillway_offload(handle_.get(), timeout.count()));
  }
  void restore(std::chrono::milliseconds timeout = {}) {
    detail::check(spillway_restore(handle_.get(), timeout.count()));
  }

 private:
  struct Callbacks {
    Callback trim, shrink, offload, restore, release, unload, preserve;
  };
  struct Failure {
    std::string message;
    ErrorKind kind = ErrorKind::other;
  };
  struct Request;

  template <Callback Callbacks::*member>
  static int call(void* user, const spillway_ask* ask, spillway_reply* reply) {
    return (static_cast<const Callbacks*>(user)->*member)(ask, reply);
  }
  Failure describe(const std::exception& error) const;
  Failure describe_current() const;

  struct Unregister {
    void operator()(spillway_tenant* tenant) const { spillway_unregister(tenant); }
  };
  std::shared_ptr<const Classifier> classifier_;
  std::unique_ptr<spillway_tenant, Unregister> handle_;
};

/// The stretch between spillway_begin_request and spillway_end_request.
struct Model::Request {
  Request(spillway_tenant* of, spillway_request& in) : tenant(of), request(in) {
    detail::check(spillway_begin_request(tenant, &request));
  }
  ~Request() { spillway_end_request(tenant, &request); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  spillway_tenant* tenant;
  spillway_request& request;
};

inline Model::Model(spillway_manager* manager, const ModelOptions& options,
                    std::shared_ptr<const Classifier> classifier)
    : classifier_(std::move(classifier)) {
  std::vector<std::vector<spillway_pool_bytes>> holds;
  std::vector<spillway_variant> variants;
  for (const Variant& variant : options.variants) {
    auto& held = holds.emplace_back();
    held.push_back({sizeof(spillway_pool_bytes), nullptr, variant.bytes.count});
    for (const PoolBytes& other : variant.also) {
      held.push_back({sizeof(spillway_pool_bytes), other.pool.c_str(), other.bytes.count});
    }
    variants.push_back({sizeof(spillway_variant), variant.name.c_str(), held.data(), held.size()});
  }
  auto callbacks = std::make_unique<Callbacks>(
      Callbacks{options.trim, options.shrink, options.offload, options.restore, options.release,
                options.unload, options.preserve});

  auto raw = detail::sized<spillway_tenant_options>();
  raw.name = options.name.c_str();
  raw.pool = options.pool.c_str();
  raw.bytes = options.bytes.count;
  raw.variants = variants.data();
  raw.variant_count = variants.size();
  raw.variant = options.loaded ? nullptr : "";
  raw.priority = options.priority;
  raw.pinned = options.pinned ? 1 : 0;
  raw.stop_allowed = options.stop_allowed ? 1 : 0;
  raw.idle_unload_ms = options.idle_unload.count();
  raw.user = callbacks.get();
  raw.user_free = detail::free_as<Callbacks>;
  if (options.trim) raw.trim = call<&Callbacks::trim>;
  if (options.shrink) raw.shrink = call<&Callbacks::shrink>;
  if (options.offload) raw.offload = call<&Callbacks::offload>;
  if (options.restore) raw.restore = call<&Callbacks::restore>;
  if (options.release) raw.release = call<&Callbacks::release>;
  if (options.unload) raw.unload = call<&Callbacks::unload>;
  if (options.preserve) raw.preserve = call<&Callbacks::preserve>;

  spillway_tenant* handle = nullptr;
  detail::check(spillway_register(manager, &raw, &handle));
  static_cast<void>(callbacks.release());  // the library's, until user_free
  handle_.reset(handle);
}

inline Model::Failure Model::describe(const std::exception& error) const {
  if (classifier_ && *classifier_) {
    if (const auto kind = (*classifier_)(error)) return {error.what(), *kind};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {error.what(), ErrorKind::memory};
  }
  return {error.what(), static_cast<ErrorKind>(spillway_classify_error(error.what()))};
}

inline Model::Failure Model::describe_current() const {
  try {
    throw;
  } catch (const std::exception& error) {
    return describe(error);
  } catch (...) {
    return {};
  }
}

template <class F>
decltype(auto) Model::run(F&& fn) {
  auto request = detail::sized<spillway_request>();
  for (;;) {
    std::exception_ptr error;
    Failure failure;
    {
      const Request held(handle_.get(), request);
      try {
        if constexpr (std::invocable<F&, Place>) {
          return fn(Place{request.place, request.on_cpu != 0});
        } else {
          return fn();
        }
      } catch (...) {
        failure = describe_current();
        if (failure.kind == ErrorKind::other) throw;
        error = std::current_exception();
      }
    }
    const int verdict = spillway_handle_error(handle_.get(), &request, failure.message.c_str(),
                                              static_cast<int>(failure.kind));
    if (verdict == SPILLWAY_RESTART) throw RestartRequired(failure.message);
    if (verdict != SPILLWAY_RETRY && verdict != SPILLWAY_USE_CPU) std::rethrow_exception(error);
  }
}

}  // namespace v0
}  // namespace spillway
