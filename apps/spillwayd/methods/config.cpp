#include <nlohmann/json.hpp>

#include "json/writer.h"
#include "methods.h"

namespace spillway::methods {

Answer config_show(Services& services, const Call&) {
  JsonWriter out;
  out.begin_object();
  out.member("toml", services.settings.text);
  out.end_object();
  return out.take();
}

Answer config_reload(Services& services, const Call& call) {
  const auto allowed = services.rights.require_operator(call.peer, "reload the configuration");
  if (!allowed) return tl::unexpected(allowed.error());
  if (auto read = services.reload(); !read) return tl::unexpected(read.error());
  return std::string("{}");
}

}  // namespace spillway::methods
