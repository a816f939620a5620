// Conversations of strangers under any budget: what leaves fits and reads, twice the same, and edits are
// done again to the same bytes.

#include "context/trim.h"
#include "context/validity.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

using namespace context;

void context_trim(std::string_view text) {
  Policy policy;
  const std::uint8_t choice = take_choice(text);
  policy.notices = (choice & 1) != 0;
  policy.remind_every = (choice & 2) != 0 ? 1 : 0;
  if ((choice & 4) != 0) policy.exclude = {"a*"};
  const Budget budget{std::uint64_t{40} << (choice >> 3 & 7), 0};

  const auto sent = read_conversation(text);
  if (!sent) return must(!sent.error().what.empty());
  ByteCounter counter;
  const auto made = trim(*sent, budget, policy, counter);
  if (!made) return must(!made.error().to_json().empty());
  must(made->counts.after + made->counts.output_cap.value_or(0) <= budget.window);
  const auto left = read_conversation(made->text);
  must(left.has_value());
  must(pairing_defect(sent->messages) || !pairing_defect(left->messages));
  must(alternation_defect(sent->messages) || !alternation_defect(left->messages));
  const auto again = trim(*sent, budget, policy, counter, made->edits);
  must(again && again->text == made->text);
  // Edits of another conversation change nothing but what they know.
  const Edits strange{
      {{EditKind::clear, 1, 1, "\"x\"", 0}, {EditKind::note, 0, 2, "\\", 0}}, 1, false};
  must(trim(*sent, budget, policy, counter, strange).has_value());
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::context_trim)
