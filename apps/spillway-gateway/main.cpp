#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "base/text.h"
#include "base/version.h"
#include "gateway.h"

namespace {

using namespace spillway;
using namespace spillway::gateway;

/// "http://127.0.0.1:8080", "127.0.0.1:8080", "[::1]:8080".
Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::string whole(text);
  if (text.starts_with("http://")) text.remove_prefix(7);
  while (text.ends_with('/')) text.remove_suffix(1);
  const auto colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const std::uint64_t port =
      colon == text.npos ? 0 : parse_u64(text.substr(colon + 1)).value_or(1 << 16);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find('/') != host.npos || colon == text.npos || port > 65535) {
    return fail(Errc::invalid, "not an address", whole, "as http://127.0.0.1:8080");
  }
  return Endpoint{std::string(host), static_cast<std::uint16_t>(port)};
}

/// "http://...", or "MODEL=http://..." for one model.
Result<Upstream> parse_upstream(std::string_view text) {
  const auto sign = text.find('=');
  Upstream upstream;
  if (sign != text.npos) {
    upstream.model = text.substr(0, sign);
    text.remove_prefix(sign + 1);
  }
  const auto at = parse_endpoint(text);
  if (!at) return tl::unexpected(at.error());
  upstream.at = *at;
  return upstream;
}

template <class T>
T checked(Result<T> value) {
  if (!value) throw CLI::ValidationError(to_string(value.error()));
  return std::move(*value);
}

std::string line_of(const Generation& one) {
  std::string line = fmt::format("{} {} {}", one.path, one.status, one.passed.words());
  for (std::size_t i = 0; one.passed.budget > 0 && i < kPartNames.size(); ++i) {
    line += fmt::format(" {}={}", kPartNames[i], one.passed.parts[i]);
  }
  line += fmt::format(" guard={} first={} whole={}", to_string(one.guarded),
                      to_string(one.first_byte), to_string(one.whole));
  if (!one.model.empty()) line += " model=" + one.model;
  if (!one.failure.empty()) line += ": " + one.failure;
  return line;
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
  app.set_version_flag("--version", std::string(kVersion));
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
  app.add_option("--window", guard.window,
                 "Tokens of a conversation, instead of what the server says")
      ->type_name("TOKENS");
  app.add_option("--reserve", guard.reserve, "Of it, kept free")->type_name("TOKENS");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(std::move(settings), std::move(guard));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spillway-gateway: %s\n", error.what());
    return 1;
  }
}
