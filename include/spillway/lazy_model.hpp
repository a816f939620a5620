#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spillway/manager.hpp"

namespace spillway {
inline namespace v0 {

/// What a lazily loaded model is, beside its loader.
struct LazyOptions {
  std::string name;
  std::string pool = {};  // "": VRAM if the program's driver answers, else "ram"
  Bytes bytes = {};       // that it will hold once loaded: room is made for it first
  int priority = 0;
  std::chrono::milliseconds idle_unload = std::chrono::minutes(5);  // 0: only under pressure
};

/// What LazyModel<T> is whatever T is: enough to load a set of them in order.
class Loadable {
 public:
  virtual ~Loadable() = default;
  virtual const LazyOptions& options() const = 0;
  virtual bool loaded() const = 0;
  /// Loads it now if it is not. Throws what the loader throws, or Error when no room can be made.
  virtual void load() = 0;
};

/// A model that is loaded at its first use, by one thread however many ask, after room was made for
/// it; unloaded when idle or when its memory is needed, and loaded again at its next use. Any thread.
template <class T>
class LazyModel final : public Loadable {
 public:
  using Loader = std::function<std::unique_ptr<T>()>;

  /// The manager must outlive it. `loader` is called on one thread at a time.
  LazyModel(MemoryManager& manager, LazyOptions options, Loader loader)
      : options_(std::move(options)), held_(std::make_shared<Held>(std::move(loader))) {
    model_ = manager.register_model({.name = options_.name,
                                     .pool = options_.pool,
                                     .priority = options_.priority,
                                     .loaded = false,
                                     .idle_unload = options_.idle_unload,
                                     .restore = [held = held_] { held->fill(); },
                                     .unload = [held = held_] { held->empty(); },
                                     .variants = {{"loaded", options_.bytes}}});
  }

  /// Calls `fn(T&)`, loading the model first if need be. It stays while `fn` runs. Throws what the
  /// loader or `fn` throws, and as Model::run().
  template <class F>
  decltype(auto) use(F&& fn) {
    std::exception_ptr error;
    const typename Held::Report report(error);
    try {
      return model_.run([&]() -> decltype(auto) { return fn(*held_->get()); });
    } catch (const Error&) {
      // "could not be loaded" is the library's word for what the loader said better.
      if (error) std::rethrow_exception(error);
      throw;
    }
  }

  /// To pin it, to change its priority, to move it by hand.
  Model& model() { return model_; }

  const LazyOptions& options() const override { return options_; }
  bool loaded() const override { return held_->get() != nullptr; }
  void load() override {
    use([](T&) {});
  }

 private:
  /// What the callbacks work on. They keep it: a loader that hangs may return when the rest is gone.
  class Held {
   public:
    explicit Held(Loader loader) : loader_(std::move(loader)) {}

    void fill() {
      try {
        std::unique_ptr<T> loaded = loader_();
        if (!loaded) throw Error(SPILLWAY_E_CALLBACK, "the loader gave nothing");
        put(std::move(loaded));
      } catch (...) {
        if (report_ != nullptr) *report_ = std::current_exception();
        throw;
      }
    }
    void empty() { put(nullptr); }
    std::shared_ptr<T> get() const {
      const std::lock_guard lock(mutex_);
      return value_;
    }

    /// While it lives, `error` gets what a loader throws on this thread: a request that needs a
    /// model loads it itself.
    class Report {
     public:
      explicit Report(std::exception_ptr& error) : before_(std::exchange(report_, &error)) {}
      ~Report() { report_ = before_; }
      Report(const Report&) = delete;
      Report& operator=(const Report&) = delete;

     private:
      std::exception_ptr* before_;
    };

   private:
    void put(std::shared_ptr<T> value) {
      const std::lock_guard lock(mutex_);
      value_.swap(value);  // the old one is destroyed by the caller, without the lock
    }

    static inline thread_local std::exception_ptr* report_ = nullptr;
    const Loader loader_;
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
  };

  const LazyOptions options_;
  const std::shared_ptr<Held> held_;
  Model model_;
};

/// A model that did not come up, and why.
struct LoadFailure {
  std::string name;
  std::string why;
};

/// Loads light to heavy, so that something answers soon; one that fails leaves the rest running.
/// Start minimal and grow: call it again later for those that failed.
inline std::vector<LoadFailure> load_light_to_heavy(std::span<Loadable* const> models) {
  std::vector<Loadable*> order(models.begin(), models.end());
  std::stable_sort(order.begin(), order.end(), [](const Loadable* a, const Loadable* b) {
    return a->options().bytes < b->options().bytes;
  });
  std::vector<LoadFailure> failures;
  for (Loadable* model : order) {
    try {
      if (!model->loaded()) model->load();
    } catch (const std::exception& error) {
      failures.push_back({model->options().name, error.what()});
    } catch (...) {
      failures.push_back({model->options().name, "an exception that is no std::exception"});
    }
  }
  return failures;
}

}  // namespace v0
}  // namespace spillway
