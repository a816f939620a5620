#include <algorithm>
#include <chrono>
#include <memory>

#include "base/version.h"
#include "capi/handles.h"

using namespace spillway;

namespace {

/// Never destroyed: a manager that was let go of inside a callback ends on a thread of its own, which
/// the end of main() does not wait for.
const Clock& system_clock() {
  static const auto* const clock = new SystemClock;
  return *clock;
}

}  // namespace

extern "C" {

int spillway_abi_version(void) { return SPILLWAY_ABI_VERSION; }

const char* spillway_version(void) { return kVersion.data(); }

const char* spillway_strerror(int code) { return words_for(code); }

const char* spillway_last_error(void) { return last_error(); }

const char* spillway_level_name(int level) {
  if (level < SPILLWAY_NORMAL || level > SPILLWAY_SHUTDOWN) return "unknown";
  return name(static_cast<Level>(level)).data();
}

void spillway_free(void* data) { delete[] static_cast<char*>(data); }

int spillway_manager_create(const spillway_options* options, spillway_manager** out) {
  return with(out, [&](spillway_manager*& created) {
    created = nullptr;
    auto read = read_options(options);
    if (!read) return report(read.error());
    auto core = Manager::create(std::move(*read), system_clock());
    if (!core) return report(core.error());
    created = new spillway_manager{std::move(*core)};
    return int{SPILLWAY_OK};
  });
}

void spillway_manager_destroy(spillway_manager* manager) {
  if (manager == nullptr) return;
  at_the_border([&] {
    manager->core->close();
    delete manager;
    return int{SPILLWAY_OK};
  });
}

int spillway_start_monitoring(spillway_manager* manager) {
  return with(manager, [](spillway_manager& m) { return code_of(m.core->start()); });
}

int spillway_stop_monitoring(spillway_manager* manager) {
  return with(manager, [](spillway_manager& m) {
    m.core->stop();
    return int{SPILLWAY_OK};
  });
}

int spillway_step(spillway_manager* manager, int64_t* next_ms) {
  return with(manager, [&](spillway_manager& m) {
    if (m.core->monitored()) return report(SPILLWAY_E_BUSY, "the monitor thread steps");
    const auto next = m.core->step();
    if (!next) return report(next.error());
    if (next_ms != nullptr) {
      *next_ms = std::chrono::ceil<std::chrono::milliseconds>(*next).count();
    }
    return int{SPILLWAY_OK};
  });
}

int spillway_wake_fd(const spillway_manager* manager) {
  return with(manager, [](const spillway_manager& m) { return m.core->wake_fd(); });
}

int spillway_on_level(spillway_manager* manager, int level, spillway_level_fn callback, void* user,
                      void (*user_free)(void* user)) {
  return with(manager, [&](spillway_manager& m) {
    if (callback == nullptr || level < SPILLWAY_ANY_LEVEL || level > SPILLWAY_SHUTDOWN) {
      return report(SPILLWAY_E_INVALID, "needs a callback and a level");
    }
    const auto listener = std::make_shared<Listener>(user);
    const int id = m.core->subscribe(level, callback, listener);
    listener->own(user_free);
    return id;
  });
}

int spillway_on_report(spillway_manager* manager, int64_t interval_ms, spillway_report_fn callback,
                       void* user, void (*user_free)(void* user)) {
  return with(manager, [&](spillway_manager& m) {
    if (callback == nullptr || interval_ms < 0) {
      return report(SPILLWAY_E_INVALID, "needs a callback, and no negative interval");
    }
    const auto listener = std::make_shared<Listener>(user);
    const int id = m.core->subscribe_report(from_ms(interval_ms), callback, listener);
    listener->own(user_free);
    return id;
  });
}

int spillway_off(spillway_manager* manager, int id) {
  return with(manager, [&](spillway_manager& m) { return code_of(m.core->unsubscribe(id)); });
}

int spillway_free_memory(spillway_manager* manager, const char* pool, int64_t bytes,
                         int64_t timeout_ms, int64_t* freed) {
  if (freed != nullptr) *freed = 0;
  return waiting_with(manager, [&](Manager& core) {
    if (pool == nullptr || bytes <= 0 || timeout_ms < 0) {
      return report(SPILLWAY_E_INVALID, "needs a pool, an amount above 0 and no negative time");
    }
    Demand demand;
    demand.pool = PoolId{pool};
    demand.bytes = Bytes{bytes};
    demand.reason = "the program";
    const auto result = core.await(std::move(demand), from_ms(timeout_ms));
    if (!result) return report(result.error());
    if (freed != nullptr) *freed = std::max<std::int64_t>(result->freed.count, 0);
    if (result->met) return int{SPILLWAY_OK};
    return report(SPILLWAY_E_REFUSED, result->why.c_str());
  });
}

int spillway_trim(spillway_manager* manager) {
  return with(manager, [](spillway_manager& m) {
    m.core->trim();
    return int{SPILLWAY_OK};
  });
}

int spillway_restore_all(spillway_manager* manager, int64_t timeout_ms) {
  return waiting_with(manager, [&](Manager& core) {
    if (timeout_ms < 0) return report(SPILLWAY_E_INVALID, "a negative time");
    return code_of(core.restore_all(from_ms(timeout_ms)));
  });
}

int spillway_reset_all_errors(spillway_manager* manager) {
  return with(manager, [](spillway_manager& m) {
    m.core->reset_errors();
    return int{SPILLWAY_OK};
  });
}

int spillway_restored_state(spillway_manager* manager, const char* name, void** data,
                            size_t* size) {
  return with(manager, [&](spillway_manager& m) {
    if (name == nullptr || data == nullptr || size == nullptr) {
      return report(SPILLWAY_E_INVALID, "a required argument is null");
    }
    *data = nullptr;
    *size = 0;
    if (m.core->store() == nullptr) return report(SPILLWAY_E_NOT_FOUND, "there is no state_dir");
    auto found = m.core->store()->get(name);
    if (!found) return report(found.error());
    if (!*found) return report(SPILLWAY_E_NOT_FOUND, "nothing was preserved under this name");
    const std::string& kept = (*found)->data;
    auto copy = std::make_unique<char[]>(kept.size());
    std::copy(kept.begin(), kept.end(), copy.get());
    *data = copy.release();
    *size = kept.size();
    return int{SPILLWAY_OK};
  });
}

int spillway_forget_state(spillway_manager* manager, const char* name) {
  return with(manager, [&](spillway_manager& m) {
    if (name == nullptr) return report(SPILLWAY_E_INVALID, "a required argument is null");
    if (m.core->store() == nullptr) return int{SPILLWAY_OK};
    return code_of(m.core->store()->drop(name));
  });
}

int spillway_preserve_all(spillway_manager* manager, int64_t timeout_ms) {
  return waiting_with(manager, [&](Manager& core) {
    if (timeout_ms < 0) return report(SPILLWAY_E_INVALID, "a negative time");
    return code_of(core.preserve_all(from_ms(timeout_ms)));
  });
}

}  // extern "C"
