#include "doctor/programs/programs.h"

#include <algorithm>
#include <array>

#include "doctor/explain/mask.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kLongestMessage = 16 * 1024;
constexpr std::size_t kLongestQuote = 200;
constexpr std::size_t kLookBackLines = 60;

constexpr std::array kOfTracebacks{
    std::string_view("Traceback"), std::string_view("  File \""),
    std::string_view("^^^"),       std::string_view("~~~"),
    std::string_view("]  "),       std::string_view("During handling"),
    std::string_view("rror"),      std::string_view("The above exc"),
    std::string_view("Exception"), std::string_view("ERROR"),
    std::string_view("failed"),    std::string_view("oom-kill")};

}  // namespace

std::string numbered(std::string_view device, std::int64_t number) {
  return (std::string(device) += ':') += std::to_string(number);
}

Finding found(Kind kind, std::string pool) {
  Finding finding;
  finding.kind = kind;
  finding.pool = std::move(pool);
  return finding;
}

std::string last_words(std::string_view history, std::uint64_t skip) {
  Texts texts;
  for (std::uint64_t i = 0; i < kLookBackLines + skip; ++i) {
    const auto raw = last_line(history);
    if (!raw) break;
    if (i < skip) continue;
    const auto parts = texts.of(raw->substr(0, 4 * kLongestQuote));
    if (parts.empty()) continue;
    const std::string_view text = parts.back();
    if (text.front() == ' ' || text.front() == '\t') continue;
    if (std::any_of(kOfTracebacks.begin(), kOfTracebacks.end(),
                    [&](std::string_view mark) { return has(text, mark); })) {
      continue;
    }
    return masked(text, kLongestQuote);
  }
  return {};
}

Programs::Programs() {
  for (const auto table :
       {torch_formats(), tensorflow_formats(), onnxruntime_formats(), ggml_formats(),
        ollama_formats(), vllm_formats(), cuda_formats(), host_formats()}) {
    formats_.insert(formats_.end(), table.begin(), table.end());
  }
}

std::vector<std::string_view> Programs::marks() const {
  std::vector<std::string_view> marks;
  for (const Format& format : formats_) marks.push_back(format.mark);
  return marks;
}

void Programs::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  if (marks.any()) {
    end(line, out);
    std::size_t more = 0;
    for (std::size_t i = marks._Find_first(); i < formats_.size(); i = marks._Find_next(i)) {
      more = std::max(more, formats_[i].more);
    }
    const Message message{marks, more, line.stamp(), line.evidence()};
    if (more == 0) return read(line.text, message, line, out);
    message_ = message;
    text_ = line.text;
  } else if (message_) {
    text_ += '\n';
    text_ += line.text.substr(0, kLongestMessage);
    --message_->more;
  }
  if (message_ && (message_->more == 0 || text_.size() > kLongestMessage)) end(line, out);
}

void Programs::end(const Line& line, FindingSink& out) {
  if (message_) read(text_, *message_, line, out);
  message_.reset();
}

void Programs::read(std::string_view text, const Message& message, const Line& line,
                    FindingSink& out) {
  const std::uint64_t began = message.evidence.line;
  for (std::size_t i = message.marks._Find_first(); i < formats_.size();
       i = message.marks._Find_next(i)) {
    auto finding = formats_[i].read(text);
    if (!finding) continue;
    finding->first = finding->last = message.stamp;
    finding->last_line = began;
    finding->evidence.push_back(message.evidence);
    // Of a storm's errors only the first has a line before it that matters.
    if (Finding* kept = out.take(std::move(*finding)))
      kept->before = last_words(line.history, line.number - std::min(began, line.number));
    return;
  }
}

}  // namespace spillway::doctor
