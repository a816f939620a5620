#include "address.h"

#include "base/text.h"

namespace spillway::gateway {

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
    return fail(Errc::invalid, "not an address", whole,
                "as http://127.0.0.1:8080; https is not spoken here");
  }
  return Endpoint{std::string(host), static_cast<std::uint16_t>(port)};
}

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

}  // namespace spillway::gateway
