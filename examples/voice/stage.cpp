#include "stage.h"

#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <spillway/spillway.hpp>
#include <stdexcept>
#include <string>

#include "cache.h"
#include "line_server.h"
#include "weights.h"

namespace voice {
namespace {

struct Arguments {
  std::string weights, socket, pool = "ram";
  bool guarded = true;
};

Arguments parse_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      if (++i >= argc) throw std::invalid_argument(word + " needs a value");
      return std::string(argv[i]);
    };
    if (word == "--weights")
      arguments.weights = value();
    else if (word == "--socket")
      arguments.socket = value();
    else if (word == "--pool")
      arguments.pool = value();
    else if (word == "--unguarded")
      arguments.guarded = false;
    else
      throw std::invalid_argument("unknown argument " + word);
  }
  if (arguments.weights.empty() || arguments.socket.empty()) {
    throw std::invalid_argument("--weights FILE and --socket PATH are needed");
  }
  return arguments;
}

/// The model itself, in one or (while it moves) two forms. Any thread.
class Store {
 public:
  explicit Store(std::string path) : path_(std::move(path)) {}

  void add(Form form) {
    auto weights = std::make_shared<const Weights>(Weights::load(path_, form));
    const std::lock_guard lock(mutex_);
    forms_[form] = std::move(weights);
  }
  void drop(Form form) {
    const std::lock_guard lock(mutex_);
    forms_.erase(form);
  }
  void drop_all() {
    const std::lock_guard lock(mutex_);
    forms_.clear();
  }
  std::shared_ptr<const Weights> at(Form form) const {
    const std::lock_guard lock(mutex_);
    const auto found = forms_.find(form);
    return found == forms_.end() ? nullptr : found->second;
  }

 private:
  const std::string path_;
  mutable std::mutex mutex_;
  std::map<Form, std::shared_ptr<const Weights>> forms_;
};

Form form_of(const spillway::Place& place) {
  Form form = Form::none;
  if (!parse(place.name, form)) throw std::invalid_argument("unknown place " + place.name);
  return form;
}

std::size_t size_of(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) throw std::runtime_error(path + " cannot be read");
  return static_cast<std::size_t>(st.st_size);
}

// What is kept of conversations, as parts of the weights: 4 MiB a request and 140 MiB in all for
// 704 MiB.
constexpr std::size_t kCachePerRequest = 176, kMostCache = 5;

class Stage {
 public:
  Stage(const Description& description, const Arguments& arguments)
      : description_(description),
        bytes_(size_of(arguments.weights)),
        store_(arguments.weights),
        cache_(bytes_ / kMostCache) {
    store_.add(Form::resident);
    if (arguments.guarded) join(arguments, spillway::Bytes(bytes_));
  }

  std::string answer(const std::string& line) {
    if (line.rfind("ask ", 0) != 0) return "error: ask NUMBER";
    const std::uint64_t request = std::strtoull(line.c_str() + 4, nullptr, 10);
    if (description_.keeps_cache) cache_.grow(bytes_ / kCachePerRequest);
    if (model_) model_->set_trimmable(spillway::Bytes(cache_.bytes()));
    ++served_;
    try {
      return model_ ? model_->run(
                          [&](spillway::Place place) { return compute(request, form_of(place)); })
                    : compute(request, Form::resident);
    } catch (const std::exception& error) {
      return std::string("error: ") + error.what();
    }
  }

 private:
  void join(const Arguments& arguments, spillway::Bytes bytes) {
    using namespace spillway::literals;
    spillway::ModelOptions options{.name = description_.name,
                                   .pool = arguments.pool,
                                   .priority = description_.priority,
                                   .pinned = description_.pinned};
    options.variants = {{name(Form::resident), bytes}};
    // In order of size; the last is where `offload` goes.
    if (description_.can_quantize) {
      options.variants.push_back({name(Form::quantized), spillway::Bytes(bytes.count / 8)});
      options.shrink = [this](spillway::Place to) { move(form_of(to)); };
    }
    if (description_.can_use_disk) {
      options.variants.push_back({name(Form::mapped), 0_B});
      options.offload = [this](spillway::Place to) { move(form_of(to)); };
    }
    if (description_.can_unload) options.unload = [this] { store_.drop_all(); };
    if (description_.keeps_cache) {
      options.trim = [this](const spillway::Ask& ask) {
        const auto wanted = static_cast<std::size_t>(ask.bytes.count);
        return spillway::Bytes(cache_.drop(wanted));
      };
    }
    options.restore = [this](spillway::Place to) { store_.add(form_of(to)); };
    options.release = [this](spillway::Place from) { store_.drop(form_of(from)); };
    options.preserve = [this] { return "served " + std::to_string(served_.load()); };

    manager_.emplace(spillway::Options{.program = "voice-" + description_.name});
    manager_->start_monitoring();
    model_.emplace(manager_->register_model(options));
  }

  /// No request runs meanwhile. What is there goes first: memory is short.
  void move(Form to) {
    store_.drop_all();
    store_.add(to);
  }

  std::string compute(std::uint64_t request, Form form) const {
    const auto weights = store_.at(form);
    if (!weights) throw std::logic_error(std::string("no weights at ") + name(form));
    return std::to_string(weights->answer(request)) + " " + name(form);
  }

  const Description description_;
  const std::size_t bytes_;  // of the weights
  Store store_;
  Cache cache_;
  std::atomic<std::uint64_t> served_{0};
  std::optional<spillway::MemoryManager> manager_;
  std::optional<spillway::Model> model_;  // unregisters before the manager ends
};

}  // namespace

int run_stage(const Description& description, int argc, char** argv) {
  try {
    const Arguments arguments = parse_arguments(argc, argv);
    const StopSignals stop;  // before any thread is made
    Stage stage(description, arguments);
    const auto ready = [] {
      std::puts("ready");
      std::fflush(stdout);
    };
    serve_lines(arguments.socket, stop, ready,
                [&](const std::string& line) { return stage.answer(line); });
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "voice-%s: %s\n", description.name.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "voice-%s: %s\n", description.name.c_str(), error.what());
    return 1;
  }
}

}  // namespace voice
