#include "render/context.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>

#include "context/http_post.h"
#include "context/policy_file.h"
#include "context/replay.h"
#include "context/runs.h"
#include "context/validity.h"
#include "context/vram_budget.h"
#include "port/text_file.h"
#include "session.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestInput = std::size_t{1} << 30;
constexpr std::array<std::uint64_t, 3> kUsualBudgets{8192, 16384, 32768};

Failure usage(Error error) { return {ExitCode::usage, std::move(error)}; }
Failure failure(const Error& error) { return {exit_code(error.code), error}; }

Result<std::string> read_standard_input() {
  std::string text;
  std::array<char, 65536> buffer;
  while (text.size() <= kLongestInput) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR)
      return tl::unexpected<Error>(system_error(errno, "standard input"));
  }
  return fail(Errc::invalid, "more than 1 GiB", "standard input");
}

/// What trim and replay are told alike.
class Settings {
 public:
  Settings(const Console& console, const ContextOptions& options)
      : console_(console), options_(options) {}

  context::Policy policy;
  std::vector<std::uint64_t> budgets;
  std::unique_ptr<context::Counter> counter;

  Answer<void> read() {
    if (auto done = read_policy(); !done) return done;
    if (auto done = read_counter(); !done) return done;
    budgets = options_.budgets;
    if (options_.model.empty()) return {};
    if (!options_.vram)
      return tl::unexpected(usage({Errc::invalid, "--model needs --vram BYTES", "", ""}));
    const auto window = window_in_vram(options_.model, options_.use, *options_.vram,
                                       options_.threshold.value_or(0.9));
    if (!window) return tl::unexpected(failure(window.error()));
    budgets.push_back(*window);
    return {};
  }

 private:
  Answer<void> read_policy() {
    if (options_.policy.empty()) return {};
    const auto text = read_text_file(options_.policy);
    if (!text) return tl::unexpected(failure(text.error()));
    std::vector<Error> errors;
    policy = parse_policy(*text, options_.policy, errors);
    if (errors.empty()) return {};
    for (std::size_t i = 1; i < errors.size(); ++i) console_.tell(errors[i]);
    return tl::unexpected(usage(errors.front()));
  }

  Answer<void> read_counter() {
    const auto& count = options_.count;
    if (count.empty() || (count.size() == 1 && count[0] == "bytes")) {
      counter = std::make_unique<context::ByteCounter>();
      return {};
    }
    if (count.size() != 2 || count[0] != "server") {
      return tl::unexpected(usage(
          {Errc::invalid, "is no way to count", count[0], "--count bytes, or --count server URL"}));
    }
    auto server = parse_http_server(count[1]);
    if (!server) return tl::unexpected(usage(server.error()));
    const auto post = [server = std::move(*server)](std::string_view path, std::string_view json) {
      return http_post(server, path, json);
    };
    counter = std::make_unique<context::ServerCounter>(context::server_counter(post, counts_));
    return {};
  }

  const Console& console_;
  const ContextOptions& options_;
  context::CountCache counts_;
};

}  // namespace

ExitCode context_trim(const Global& global, const ContextOptions& options) {
  const Console console(global);
  Settings settings(console, options);
  if (const auto read = settings.read(); !read) return tell(console, read.error());
  if (settings.budgets.size() != 1) {
    return tell(console, usage({Errc::invalid, "one budget is needed", "",
                                "--budget TOKENS, or --model PATH --vram BYTES"}));
  }
  const auto text = read_standard_input();
  if (!text) return tell(console, failure(text.error()));
  const auto conversation = context::read_conversation(*text);
  if (!conversation) return tell(console, failure(conversation.error()));
  if (const auto defect = pairing_defect(conversation->messages)) {
    console.tell(*defect + ": as it came, and most servers refuse that");
  }
  const auto made =
      trim(*conversation, {settings.budgets.front(), 0}, settings.policy, *settings.counter);
  if (!made) {
    const auto& refusal = made.error();
    if (refusal.error.code != Errc::refused) return tell(console, failure(refusal.error));
    const std::string error = refusal.to_json() + "\n";
    std::fputs(error.c_str(), stderr);
    return ExitCode::refused;
  }
  if (options.json) {
    console.print(context_trim_document(*made));
  } else {
    std::fwrite(made->text.data(), 1, made->text.size(), stdout);
  }
  return console.finish(ExitCode::ok);
}

ExitCode context_replay(const Global& global, const ContextOptions& options) {
  const Console console(global);
  Settings settings(console, options);
  if (const auto read = settings.read(); !read) return tell(console, read.error());
  if (settings.budgets.empty()) settings.budgets.assign(kUsualBudgets.begin(), kUsualBudgets.end());
  const auto log =
      options.log == "-" ? read_standard_input() : read_text_file(options.log, kLongestInput);
  if (!log) return tell(console, failure(log.error()));
  const auto runs = agent_runs(*log);
  if (!runs) return tell(console, failure(runs.error()));
  std::vector<ContextReplay> replays;
  bool holds = true;
  for (const std::uint64_t budget : settings.budgets) {
    auto replay = replay_context(*runs, {budget, 0}, settings.policy, *settings.counter);
    if (!replay) return tell(console, failure(replay.error()));
    holds = holds && replay->over == 0 && replay->invalid == 0;
    replays.push_back(std::move(*replay));
  }
  if (!options.svg.empty()) {
    std::ofstream file(options.svg, std::ios::trunc);
    file << context_replay_svg(replays);
    file.close();
    if (!file) return tell(console, failure(system_error(errno, options.svg)));
  }
  if (options.json) {
    console.print(context_replay_document(replays));
  } else {
    console.print(context_replay_lines(replays, console.canvas()));
  }
  return console.finish(holds ? ExitCode::ok : ExitCode::failure);
}

}  // namespace spillway
