#include "context/replay.h"

#include "context/validity.h"

namespace spillway {
namespace {

using context::Conversation;
using context::Counter;
using context::Edits;
using context::Message;
using context::Role;

std::string beginning(const Conversation& run, std::size_t messages) {
  const auto at = static_cast<std::size_t>(run.list.data() - run.text.data());
  const std::string_view last = run.messages[messages - 1].whole.raw;
  const auto end = static_cast<std::size_t>(last.data() + last.size() - run.text.data());
  return std::string(run.text.substr(0, end)) + "]" +
         std::string(run.text.substr(at + run.list.size()));
}

bool is_worse(const Conversation& sent, const Conversation& left) {
  return (!pairing_defect(sent.messages) && pairing_defect(left.messages)) ||
         (!alternation_defect(sent.messages) && alternation_defect(left.messages));
}

class Run {
 public:
  Run(const Conversation& run, const context::Budget& budget, const context::Policy& policy,
      Counter& counter, ContextReplay& sums)
      : run_(run), budget_(budget), policy_(policy), counter_(counter), sums_(sums) {}

  Status go() {
    ++sums_.runs;
    for (std::size_t end = 1; end <= run_.messages.size(); ++end) {
      if (end < run_.messages.size() && run_.messages[end].role != Role::assistant) continue;
      if (const Status done = request(end); !done) return done;
    }
    if (sent_line_.size() > sums_.sent_line.size()) {
      sums_.sent_line = std::move(sent_line_);
      sums_.kept_line = std::move(kept_line_);
    }
    return {};
  }

 private:
  Status request(std::size_t end) {
    const std::string text = beginning(run_, end);
    const auto sent = context::read_conversation(text);
    if (!sent) return tl::unexpected<Error>(sent.error());
    ++sums_.requests;
    const auto made = trim(*sent, budget_, policy_, counter_, edits_);
    if (!made && made.error().error.code != Errc::refused) {
      return tl::unexpected<Error>(made.error().error);
    }
    auto whole = tokens_behind(sent->messages, sent_before_);
    if (!whole) return tl::unexpected<Error>(whole.error());
    sent_before_ = raws(sent->messages);
    sums_.never += *whole;
    if (!made) {
      ++sums_.refused;
      return {};
    }
    return left(*sent, *made);
  }

  Status left(const Conversation& sent, const context::Trimmed& made) {
    const auto& counts = made.counts;
    const auto left = context::read_conversation(made.text);
    if (!left) return tl::unexpected<Error>(left.error());
    if (counts.after + counts.output_cap.value_or(0) > counts.budget) ++sums_.over;
    if (is_worse(sent, *left)) ++sums_.invalid;
    std::int64_t cleared = 0;
    for (std::size_t i = edits_.list.size(); i < made.edits.list.size(); ++i) {
      cleared += made.edits.list[i].freed;
    }
    if (made.edits.list.size() > edits_.list.size()) ++sums_.cuts;
    sums_.cleared += static_cast<std::uint64_t>(std::max<std::int64_t>(cleared, 0));
    const auto refilled = tokens_behind(left->messages, left_before_);
    if (!refilled) return tl::unexpected<Error>(refilled.error());
    sums_.refilled += *refilled;
    sums_.sent += counts.before;
    sums_.kept += counts.after;
    sent_line_.push_back(counts.before);
    kept_line_.push_back(counts.after);
    left_before_ = raws(left->messages);
    edits_ = made.edits;
    return {};
  }

  static std::vector<std::string> raws(const std::vector<Message>& messages) {
    std::vector<std::string> out;
    for (const Message& message : messages) out.emplace_back(message.whole.raw);
    return out;
  }

  /// Of the messages behind those that are the same as in `before`: what a server's prefix cache does
  /// not have.
  Result<std::uint64_t> tokens_behind(const std::vector<Message>& messages,
                                      const std::vector<std::string>& before) {
    std::size_t same = 0;
    while (same < messages.size() && same < before.size() &&
           messages[same].whole.raw == before[same]) {
      ++same;
    }
    std::uint64_t tokens = 0;
    for (std::size_t i = same; i < messages.size(); ++i) {
      const auto counted = counter_.tokens(messages[i].whole);
      if (!counted) return counted;
      tokens += *counted + 1;
    }
    return tokens;
  }

  const Conversation& run_;
  const context::Budget& budget_;
  const context::Policy& policy_;
  Counter& counter_;
  ContextReplay& sums_;
  Edits edits_;
  std::vector<std::string> sent_before_, left_before_;
  std::vector<std::uint64_t> sent_line_, kept_line_;
};

}  // namespace

Result<ContextReplay> replay_context(const std::vector<std::string_view>& runs,
                                     const context::Budget& budget, const context::Policy& policy,
                                     Counter& counter) {
  ContextReplay sums;
  sums.budget = budget.window;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto run = context::read_conversation(runs[i]);
    const Status done = run ? Run(*run, budget, policy, counter, sums).go()
                            : Status(tl::unexpected<Error>(run.error()));
    if (done) continue;
    Error error = done.error();
    error.where = "run " + std::to_string(i + 1) + ", " + error.where;
    return tl::unexpected<Error>(std::move(error));
  }
  return sums;
}

}  // namespace spillway
