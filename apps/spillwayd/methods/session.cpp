#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/version.h"
#include "json/writer.h"
#include "methods.h"
#include "wire/fields.h"
#include "wire/protocol.h"

namespace spillway::methods {

Answer hello(Services& services, const Call& call) {
  const auto protocol = i64_of(call.params, "protocol");
  if (protocol && *protocol != kProtocol) {
    return fail(Errc::unsupported,
                "this daemon speaks protocol " + std::to_string(kProtocol) + ", not " +
                    std::to_string(*protocol),
                {}, "install the same version of spillway and spillwayd");
  }
  JsonWriter out;
  out.begin_object();
  out.member("protocol", kProtocol);
  out.member("version", kVersion);
  out.member("mode", services.user_mode ? "user" : "system");
  out.member("pid", ::getpid());
  out.member("uid", call.peer.uid);
  out.member("operator", services.rights.operates(call.peer));
  out.end_object();
  return out.take();
}

Answer subscribe(Services& services, const Call& call) {
  std::vector<std::string> kinds;
  if (const auto* wanted = member(call.params, "events")) {
    if (!wanted->is_array()) return fail(Errc::invalid, "\"events\" is not a list");
    for (const auto& kind : *wanted) {
      const auto& known = event_kinds();
      if (!kind.is_string() || std::find(known.begin(), known.end(), kind) == known.end()) {
        std::string all;
        for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
        return fail(Errc::invalid, "no such kind of event", {}, "there are " + all);
      }
      kinds.push_back(kind.get<std::string>());
    }
  } else {
    // A frame is every look with everything in it: whoever wants that says so.
    kinds.assign(event_kinds().begin() + 1, event_kinds().end());
  }
  services.subscribers.add(call.to.connection, std::move(kinds));
  return std::string("{}");
}

}  // namespace spillway::methods
