#include "capi/handles.h"
#include "capi/status_picture.h"
#include "capi/versioned.h"

using namespace spillway;

namespace {

/// The text, made when first asked for; "" when even that fails.
const char* text_of(const spillway_status* status, std::string spillway_status::*text,
                    std::string (*make)(const StatusPicture&)) {
  if (status == nullptr) return "";
  const char* out = "";
  at_the_border([&] {
    const std::lock_guard lock(status->mutex);
    std::string& made = const_cast<spillway_status*>(status)->*text;
    if (made.empty()) made = make(status->picture);
    out = made.c_str();
    return int{SPILLWAY_OK};
  });
  return out;
}

template <class T, class Make>
int fill(const spillway_status* status, T* out, std::size_t index, std::size_t count,
         const Make& make) {
  return with(status, [&](const spillway_status& handle) {
    if (index >= count) return report(SPILLWAY_E_NOT_FOUND, "the index is beyond the last");
    return code_of(write_struct(make(handle.picture), out));
  });
}

}  // namespace

extern "C" {

int spillway_level(const spillway_manager* manager) {
  return with(manager, [](const spillway_manager& m) { return static_cast<int>(m.core->level()); });
}

int spillway_pool_level(const spillway_manager* manager, const char* pool) {
  return with(manager, [&](const spillway_manager& m) {
    if (pool == nullptr) return report(SPILLWAY_E_INVALID, "a required argument is null");
    const auto level = m.core->level_of(pool);
    if (!level) return report(SPILLWAY_E_NOT_FOUND, "no such pool was seen");
    return static_cast<int>(*level);
  });
}

int spillway_get_status(spillway_manager* manager, spillway_status** out) {
  return with(manager, [&](spillway_manager& m) {
    if (out == nullptr) return report(SPILLWAY_E_INVALID, "a required argument is null");
    *out = new spillway_status(m.core->picture());
    return int{SPILLWAY_OK};
  });
}

spillway_status* spillway_status_keep(const spillway_status* status) {
  if (status == nullptr) return nullptr;
  ++status->users;
  return const_cast<spillway_status*>(status);
}

void spillway_status_free(spillway_status* status) {
  if (status != nullptr && --status->users == 0) delete status;
}

int spillway_status_level(const spillway_status* status) {
  return with(status,
              [](const spillway_status& s) { return static_cast<int>(s.picture.report.level); });
}

size_t spillway_status_pool_count(const spillway_status* status) {
  return status == nullptr ? 0 : status->picture.report.pools.size();
}

int spillway_status_pool(const spillway_status* status, size_t index, spillway_pool_status* out) {
  return fill(status, out, index, spillway_status_pool_count(status),
              [&](const StatusPicture& picture) { return pool_status(picture, index); });
}

size_t spillway_status_tenant_count(const spillway_status* status) {
  return status == nullptr ? 0 : status->picture.tenants.size();
}

int spillway_status_tenant(const spillway_status* status, size_t index,
                           spillway_tenant_status* out) {
  return fill(status, out, index, spillway_status_tenant_count(status),
              [&](const StatusPicture& picture) { return tenant_status(picture.tenants[index]); });
}

const char* spillway_status_summary(const spillway_status* status) {
  return text_of(status, &spillway_status::summary, summary_line);
}

const char* spillway_status_text(const spillway_status* status) {
  return text_of(status, &spillway_status::text, text_block);
}

const char* spillway_status_json(const spillway_status* status) {
  return text_of(status, &spillway_status::json, json_document);
}

int spillway_report_usage(spillway_manager* manager, const char* pool, int64_t allocated,
                          int64_t reserved) {
  return with(manager, [&](spillway_manager& m) {
    if (pool == nullptr || *pool == 0 || allocated < 0 || reserved < 0) {
      return report(SPILLWAY_E_INVALID, "needs a pool and amounts of at least 0");
    }
    m.core->report_usage(PoolId{pool}, Bytes{allocated}, Bytes{reserved});
    return int{SPILLWAY_OK};
  });
}

int spillway_reset_peaks(spillway_manager* manager) {
  return with(manager, [](spillway_manager& m) {
    m.core->reset_peaks();
    return int{SPILLWAY_OK};
  });
}

}  // extern "C"
