#include <nlohmann/json.hpp>

#include "json/writer.h"
#include "methods.h"
#include "wire/base64.h"
#include "wire/fields.h"

namespace spillway::methods {

namespace {

/// Fits into one line of the protocol. More than that a program keeps in a file of its own.
constexpr std::size_t kMostPreserved = 768 * 1024;
constexpr std::size_t kMostNames = 64;  // of one user: the disk is everybody's

/// It is asked for before the tenant is registered again, so by its name and not by the tenant.
Result<std::string> key_of(const Call& call) {
  const std::string name = text_or(call.params, "tenant");
  if (auto good = check_name(name); !good) return tl::unexpected(good.error());
  return preserve_key(call.peer.uid, name);
}

Status room_for(const PreserveStore& store, uid_t uid, const std::string& key) {
  const auto names = store.count(preserve_key(uid, ""));
  if (!names) return tl::unexpected(names.error());
  if (*names < kMostNames) return {};
  const auto known = store.get(key);
  if (known && known->has_value()) return {};
  return fail(Errc::refused, "this user has preserved state under too many names", {},
              "at most " + std::to_string(kMostNames));
}

Answer later(Services& services, const Call& call, std::function<Result<std::string>()> work) {
  services.on_disk(std::move(work),
                   [&server = services.server, to = call.to](const Result<std::string>& done) {
                     server.reply(to, done);
                   });
  return std::nullopt;
}

}  // namespace

Answer preserve_put(Services& services, const Call& call) {
  auto key = key_of(call);
  if (!key) return tl::unexpected(key.error());
  const auto text = text_of(call.params, "data_base64");
  auto data = text ? from_base64(*text) : std::nullopt;
  if (!data) return fail(Errc::invalid, "needs the state in \"data_base64\"");
  if (data->size() > kMostPreserved) {
    return fail(Errc::refused, "more than 768 KiB", {},
                "keep it in a file and preserve the file's name");
  }
  return later(services, call,
               [&store = services.preserve, uid = call.peer.uid, key = *key,
                data = std::move(*data)]() -> Result<std::string> {
                 if (auto room = room_for(store, uid, key); !room) {
                   return tl::unexpected(room.error());
                 }
                 return store.put(key, data).map([](std::uint64_t version) {
                   return R"({"version":)" + std::to_string(version) + "}";
                 });
               });
}

Answer preserve_get(Services& services, const Call& call) {
  auto key = key_of(call);
  if (!key) return tl::unexpected(key.error());
  return later(services, call, [&store = services.preserve, key = *key]() -> Result<std::string> {
    const auto version = store.get(key);
    if (!version) return tl::unexpected(version.error());
    JsonWriter out;
    out.begin_object();
    out.member("version", *version ? std::optional((*version)->number) : std::nullopt);
    out.member("data_base64", *version ? std::optional(to_base64((*version)->data)) : std::nullopt);
    out.end_object();
    return out.take();
  });
}

}  // namespace spillway::methods
