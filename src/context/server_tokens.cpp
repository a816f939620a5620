#include "context/server_tokens.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "json/writer.h"

namespace spillway::context {
namespace {

using nlohmann::json;

constexpr ParseLimits kLimits{.depth = 32, .values = 50'000'000};  // a list of every token
constexpr unsigned kOk = 200, kNotFound = 404;

class Asking {
 public:
  explicit Asking(ServerPost post) : post_(std::move(post)) {}

  Result<std::uint64_t> text(std::string_view text) {
    JsonWriter out;
    out.begin_object();
    out.member("content", text);  // llama-server's name for it
    out.member("prompt", text);   // vLLM's
    out.member("add_special", true);
    out.member("parse_special", true);
    out.end_object();
    return ask("/tokenize", out.text()).and_then(count);
  }

  /// `request`: a body with messages, or the array of them.
  Result<std::uint64_t> all(std::string_view request) {
    const std::string body = request.starts_with('[') ? fmt::format("{{\"messages\":{}}}", request)
                                                      : std::string(request);
    const auto rendered = post_("/apply-template", body);
    if (!rendered) return tl::unexpected<Error>(rendered.error());
    if (rendered->status == kNotFound) return ask("/tokenize", body).and_then(count);
    if (rendered->status != kOk) return refused("/apply-template", *rendered);
    const auto answer = parse_document(rendered->body, kLimits);
    if (!answer) return tl::unexpected<Error>(answer.error());
    const auto prompt = answer->find("prompt");
    if (prompt == answer->end() || !prompt->is_string()) {
      return fail(Errc::invalid, "the answer has no prompt", "/apply-template");
    }
    return text(prompt->get_ref<const std::string&>());
  }

 private:
  Result<json> ask(std::string_view path, std::string_view body) {
    const auto answer = post_(path, body);
    if (!answer) return tl::unexpected<Error>(answer.error());
    if (answer->status != kOk) return refused(path, *answer);
    return parse_document(answer->body, kLimits);
  }

  static Result<std::uint64_t> count(const json& answer) {
    const auto number = answer.find("count");
    if (number != answer.end() && number->is_number_unsigned()) return number->get<std::uint64_t>();
    const auto tokens = answer.find("tokens");
    if (tokens != answer.end() && tokens->is_array()) return tokens->size();
    return fail(Errc::invalid, "the answer counts nothing", "/tokenize");
  }

  static tl::unexpected<Error> refused(std::string_view path, const ServerAnswer& answer) {
    return fail(Errc::unsupported,
                fmt::format("the server said {}: {}", answer.status, answer.body.substr(0, 200)),
                std::string(path), "llama-server and vLLM can count; else --count bytes");
  }

  ServerPost post_;
};

}  // namespace

ServerCounter server_counter(ServerPost post, CountCache& cache, std::string server) {
  const auto asking = std::make_shared<Asking>(std::move(post));
  return {[asking](std::string_view text) { return asking->text(text); },
          [asking](std::string_view request) { return asking->all(request); }, cache,
          std::move(server)};
}

}  // namespace spillway::context
