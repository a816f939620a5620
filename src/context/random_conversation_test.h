#pragma once

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace spillway::context {

/// Conversations as agents make them, valid ones, of any shape: system prompts, several questions,
/// parallel calls, answers, empty and huge results, parts, escapes.
class RandomConversation {
 public:
  explicit RandomConversation(unsigned seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t most) { return random_() % most; }

  nlohmann::ordered_json messages() {
    list_ = nlohmann::ordered_json::array();
    if (below(3) != 0) say("system", 400);
    if (below(5) == 0) say("assistant", 50);
    const std::uint64_t turns = 1 + below(4);
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
      say("user", 200);
      const std::uint64_t groups = below(6);
      for (std::uint64_t group = 0; group < groups; ++group) calls();
      const bool is_last = turn + 1 == turns;
      if (!is_last || below(4) == 0) say("assistant", 300);
    }
    return std::move(list_);
  }

  std::string text(std::size_t most) {
    static const std::vector<std::string> kWords{"line ", "é",  "\"",      "\\",     "\n",   "🙂",
                                                 "path/", "42", "Error: ", "result", "\x01", " "};
    std::string out;
    for (std::size_t i = 1 + below(1 + most / 4); i > 0; --i) out += kWords[below(kWords.size())];
    return out;
  }

 private:
  void say(const char* role, std::size_t most) {
    nlohmann::ordered_json message{{"role", role}, {"content", text(most)}};
    if (below(6) == 0) message["name"] = "x";
    list_.push_back(std::move(message));
  }

  void calls() {
    nlohmann::ordered_json call{{"role", "assistant"}, {"content", nullptr}};
    const std::uint64_t width = below(4) == 0 ? 1 + below(4) : 1;
    std::vector<std::string> ids;
    for (std::uint64_t i = 0; i < width; ++i) {
      ids.push_back("call_" + std::to_string(next_++));
      call["tool_calls"].push_back({{"id", ids.back()},
                                    {"type", "function"},
                                    {"function",
                                     {{"name", below(2) == 0 ? "read_file" : "search"},
                                      {"arguments", "{\"n\":" + std::to_string(below(5)) + "}"}}}});
    }
    list_.push_back(std::move(call));
    std::shuffle(ids.begin(), ids.end(), random_);
    for (const std::string& id : ids) {
      nlohmann::ordered_json result{{"role", "tool"}, {"tool_call_id", id}};
      const std::string what = text(below(3) == 0 ? 8000 : 600);
      if (below(8) == 0) {
        result["content"] = {{{"type", "text"}, {"text", what}}};
      } else {
        result["content"] = what;
      }
      list_.push_back(std::move(result));
    }
  }

  std::mt19937 random_;
  nlohmann::ordered_json list_;
  std::uint64_t next_ = 0;
};

}  // namespace spillway::context
