#include <algorithm>
#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/writer.h"
#include "methods.h"
#include "wire/fields.h"

namespace spillway::methods {

namespace {

constexpr std::int64_t kDefaultMs = 30'000;
constexpr std::int64_t kMostMs = 3'600'000;

template <class T>
void write_list(JsonWriter& out, std::string_view key, const std::vector<T>& items) {
  out.key(key);
  out.begin_array();
  for (const T& item : items) out.raw(to_text(item));
  out.end_array();
}

std::string result_text(const DemandResult& result) {
  JsonWriter out;
  out.begin_object();
  out.member("met", result.met);
  out.member("freed_bytes", result.freed);
  out.member("why", result.why);
  write_list(out, "steps", result.steps);
  write_list(out, "outcomes", result.outcomes);
  write_list(out, "declined", result.declined);
  out.key("plan");
  out.raw(to_text(result.plan));
  out.end_object();
  return out.take();
}

Answer ask(Services& services, const Call& call, Demand demand) {
  const auto within =
      std::clamp<std::int64_t>(i64_of(call.params, "within_ms").value_or(kDefaultMs), 0, kMostMs);
  demand.deadline = services.clock.now() + std::chrono::milliseconds(within);
  services.engine.demand(std::move(demand),
                         [&server = services.server, to = call.to](const DemandResult& result) {
                           server.reply(to, result_text(result));
                         });
  return std::nullopt;
}

std::string asker(const Call& call) {
  return "user " + std::to_string(call.peer.uid) + " (pid " + std::to_string(call.peer.pid) + ")";
}

/// "vram" alone means the card, where there is one only.
Result<PoolId> pool_named(const Services& services, const std::string& text) {
  std::vector<PoolId> fitting;
  std::string all;
  for (const PoolAssessment& pool : services.engine.assessment().pools) {
    if (pool.pool.text == text) return pool.pool;
    if (name(pool.pool.kind()) == text) fitting.push_back(pool.pool);
    all += (all.empty() ? "" : ", ") + pool.pool.text;
  }
  if (fitting.size() == 1) return fitting.front();
  return fail(Errc::not_found, fitting.empty() ? "there is no such pool" : "there are several",
              text, "name one of " + all);
}

Answer set_pinned(Services& services, const Call& call, bool pinned) {
  const auto tenant = touchable(services, call, pinned ? "pin" : "unpin");
  if (!tenant) return tl::unexpected(tenant.error());
  services.engine.update(tenant->id, [&](Tenant& known) { known.pinned = pinned; });
  return std::string("{}");
}

}  // namespace

Answer offload(Services& services, const Call& call) {
  const auto tenant = touchable(services, call, "offload");
  if (!tenant) return tl::unexpected(tenant.error());
  return ask(services, call,
             {.tenant = tenant->id,
              .highest = Rung::offload,
              .dry_run = bool_of(call.params, "dry_run").value_or(false),
              .reason = asker(call)});
}

Answer restore(Services& services, const Call& call) {
  const auto tenant = touchable(services, call, "restore");
  if (!tenant) return tl::unexpected(tenant.error());
  return ask(services, call,
             {.direction = Direction::restore,
              .tenant = tenant->id,
              .dry_run = bool_of(call.params, "dry_run").value_or(false),
              .reason = asker(call)});
}

Answer free(Services& services, const Call& call) {
  const auto pool = pool_named(services, text_or(call.params, "pool", "ram"));
  if (!pool) return tl::unexpected(pool.error());
  const auto bytes = i64_of(call.params, "bytes");
  if (!bytes || *bytes <= 0) return fail(Errc::invalid, "needs a positive number in \"bytes\"");
  Demand demand{.pool = *pool,
                .bytes = Bytes{*bytes},
                .dry_run = bool_of(call.params, "dry_run").value_or(false),
                .reason = asker(call)};
  if (const auto highest = text_of(call.params, "highest")) {
    const auto rung = parse_rung(*highest);
    if (!rung) return fail(Errc::invalid, "no such rung", *highest, "as in spillway.toml(5)");
    demand.highest = *rung;
  }
  if (const auto asker = text_of(call.params, "asker")) demand.asker = TenantId{*asker};
  // Who does not operate makes room among their own; a plan may be shown to everybody.
  if (!demand.dry_run && !services.rights.operates(call.peer)) demand.only_uid = call.peer.uid;
  return ask(services, call, std::move(demand));
}

Answer pin(Services& services, const Call& call) { return set_pinned(services, call, true); }
Answer unpin(Services& services, const Call& call) { return set_pinned(services, call, false); }

}  // namespace spillway::methods
