#include <nlohmann/json.hpp>

#include "session.h"
#include "verbs/verbs.h"

namespace spillway {

ExitCode pin(const Global& global, const std::string& tenant, bool pinned) {
  const Console console(global);
  auto session = Session::open(global);
  if (!session) return tell(console, session.error());
  const nlohmann::json params{{"tenant", tenant}};
  const auto answer = session->call(pinned ? "pin" : "unpin", params.dump());
  if (!answer) return tell(console, answer.error());
  console.print(printable(tenant) +
                (pinned ? " is pinned: nothing is taken from it" : " is not pinned any more"));
  return console.finish(ExitCode::ok);
}

}  // namespace spillway
