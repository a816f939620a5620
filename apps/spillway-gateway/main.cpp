#include <malloc.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "address.h"
#include "gateway.h"
#include "log_line.h"

namespace {

using namespace spillway;
using namespace spillway::gateway;

template <class T>
T checked(Result<T> value) {
  if (!value) throw CLI::ValidationError(to_string(value.error()));
  return std::move(*value);
}

int run(Settings settings, GuardSettings guard) {
  // Bodies of some hundred KiB come and go with every request: asking the kernel for each anew costs
  // a page fault per page, more than reading it.
  ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  net::io_context context(1);
  auto gateway = Gateway::open(
      context, std::move(settings), std::move(guard),
      [](const Generation& one) { std::fprintf(stderr, "%s\n", line_of(one).c_str()); });
  if (!gateway) {
    std::fprintf(stderr, "spillway-gateway: %s\n", to_string(gateway.error()).c_str());
    return 1;
  }
  const Endpoint at = (*gateway)->address();
  std::fprintf(stderr, "spillway-gateway: listening on http://%s:%u\n", at.host.c_str(), at.port);
  net::signal_set ended(context, SIGINT, SIGTERM);
  ended.async_wait([&](ErrorCode, int) { context.stop(); });
  context.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  GuardSettings guard;
  CLI::App app("Passes requests on to model servers.", "spillway-gateway");
  app.add_option_function<std::string>(
         "--listen",
         [&](const std::string& text) { settings.listen = checked(parse_endpoint(text)); },
         "Where to listen (127.0.0.1:4180)")
      ->type_name("HOST:PORT");
  app.add_option_function<std::vector<std::string>>(
         "--upstream",
         [&](const std::vector<std::string>& texts) {
           for (const auto& text : texts)
             settings.upstreams.push_back(checked(parse_upstream(text)));
         },
         "A model server; MODEL=URL for one model")
      ->type_name("[MODEL=]URL")
      ->required();
  app.add_option("--window", guard.window, "Tokens of a chat, not what the server says")
      ->type_name("TOKENS");
  app.add_option("--reserve", guard.reserve, "Of it, kept free")->type_name("TOKENS");
  app.get_formatter()->column_width(26);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "spillway-gateway: %s\n  spillway-gateway --help says what there is\n",
                 error.what());
    return 2;
  }
  try {
    return run(std::move(settings), std::move(guard));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spillway-gateway: %s\n", error.what());
    return 1;
  }
}
