#include "context/draft.h"

#include <utility>

#include "context/wording.h"

namespace spillway::context {

Draft::Draft(const Conversation& conversation, Counter& counter)
    : conversation_(conversation), counter_(counter) {
  if (conversation.tools) tools_ = count(*conversation.tools);
  // "[]", and a comma less than there are messages.
  total_ = tools_ + (conversation.messages.empty() ? 2 : 1);
  states_.reserve(conversation.messages.size());
}

std::uint64_t Draft::count(const Value& value) {
  if (!status_) return 0;
  const auto tokens = counter_.tokens(value);
  if (tokens) return *tokens;
  status_ = tl::unexpected<Error>(tokens.error());
  return 0;
}

void Draft::extend(std::size_t end) {
  while (states_.size() < end) {
    State& state = states_.emplace_back();
    state.tokens = count(conversation_.messages[states_.size() - 1].whole) + 1;
    total_ += state.tokens;
  }
}

std::string_view Draft::content(std::size_t message) const {
  const auto& now = states_[message].content;
  if (now) return *now;
  const auto& sent = conversation_.messages[message].content;
  return sent ? sent->raw : std::string_view();
}

void Draft::apply(EditKind kind, std::size_t message, std::string text) {
  State& state = states_[message];
  before_.push_back(state);
  if (kind == EditKind::drop) {
    state.dropped = true;
    state.content.reset();
    state.tokens = 0;
  } else {
    state.replaced = state.replaced || kind != EditKind::note;
    state.content = kind == EditKind::note ? with_note(content(message), text) : text;
    state.tokens = count_edited(message) + 1;
  }
  const auto freed =
      static_cast<std::int64_t>(before_.back().tokens) - static_cast<std::int64_t>(state.tokens);
  total_ = total_ - before_.back().tokens + state.tokens;
  edits_.push_back({kind, message, identity_of(conversation_.messages[message].whole.raw),
                    std::move(text), freed});
}

void Draft::undo_to(std::size_t count) {
  while (edits_.size() > count) {
    State& state = states_[edits_.back().message];
    total_ = total_ - state.tokens + before_.back().tokens;
    state = std::move(before_.back());
    before_.pop_back();
    edits_.pop_back();
  }
}

std::uint64_t Draft::count_edited(std::size_t index) {
  const std::string text = message(index);
  Scanner scanner(text);
  return count(scanner.value());
}

std::string Draft::message(std::size_t index) const {
  const Message& sent = conversation_.messages[index];
  const State& state = states_[index];
  if (!state.content || !sent.content) return std::string(sent.whole.raw);
  const std::string_view whole = sent.whole.raw, content = sent.content->raw;
  const auto at = static_cast<std::size_t>(content.data() - whole.data());
  std::string out(whole.substr(0, at));
  out += *state.content;
  out += whole.substr(at + content.size());
  return out;
}

std::string Draft::list() const {
  const std::string_view list = conversation_.list;
  const auto place = [&](const char* at) { return static_cast<std::size_t>(at - list.data()); };
  std::string out;
  std::size_t end_before = 1;  // of the message before, or of the bracket
  bool is_first = true;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::string_view whole = conversation_.messages[i].whole.raw;
    const std::size_t begin = place(whole.data());
    if (!states_[i].dropped) {
      if (is_first) {
        const std::size_t first = place(conversation_.messages.front().whole.raw.data());
        out += list.substr(0, first);
      } else {
        out += list.substr(end_before, begin - end_before);
      }
      is_first = false;
      out += message(i);
    }
    end_before = begin + whole.size();
  }
  if (is_first) out += list.substr(0, 1);
  return out += list.substr(end_before);
}

}  // namespace spillway::context
