#pragma once

#include <optional>
#include <string>
#include <vector>

#include "context/conversation.h"

namespace spillway::context {

/// What OpenAI's server would refuse about the tool calls: a result without a call before it, a call
/// without its result before the next message, an id that is given or answered twice in one group.
/// nullopt where nothing is wrong. The last message may be an assistant's calls: they are being made.
/// Source: openai/openai-openapi; the cases of OpenHands/software-agent-sdk, tests/integration/tests/a01..a08.
std::optional<std::string> pairing_defect(const std::vector<Message>& messages);

/// What templates such as Gemma's and Mistral's refuse: user and assistant that do not alternate, system
/// and tool messages not counted. The index of the first message that is out of order.
std::optional<std::size_t> alternation_defect(const std::vector<Message>& messages);

}  // namespace spillway::context
