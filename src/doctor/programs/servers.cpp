#include "doctor/programs/servers.h"

#include <array>

#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

/// Host buffers are no matter of the device.
bool on_device(std::string_view text) { return !has(text, "CPU") && !has(text, "_Host"); }

struct Fact {
  std::string_view mark;
  void (*read)(std::string_view text, Workload& into);
};

constexpr std::array kFacts{
    // llama.cpp src/llama-context.cpp: "llama_context: n_ctx         = 131072"
    Fact{"n_ctx   ", [](std::string_view text,
                        Workload& into) { into.context_tokens = integer_after(text, "= "); }},
    Fact{": n_ctx = ",
         [](std::string_view text, Workload& into) {
           into.context_tokens = integer_after(text, "n_ctx = ");
         }},
    Fact{"KV buffer size =",
         [](std::string_view text, Workload& into) {
           if (on_device(text)) into.cache = rounded(amount_after(text, "size ="));
         }},
    Fact{"model buffer size =",
         [](std::string_view text, Workload& into) {
           if (on_device(text)) into.weights = rounded(amount_after(text, "size ="));
         }},
    // tools/server/server.cpp: "slot update_slots: ... n_past = 4096, n_tokens = 12"
    Fact{"n_past = ", [](std::string_view text,
                         Workload& into) { into.tokens = integer_after(text, "n_past = "); }},
    // common/fit.cpp
    Fact{"projected to use ",
         [](std::string_view text, Workload& into) {
           into.wanted = rounded(amount_after(text, "projected to use "));
           if (has(text, "device memory")) into.device_free = rounded(amount_after(text, " vs. "));
         }},
    Fact{"context size reduced from ",
         [](std::string_view text, Workload& into) {
           into.context_tokens = integer_after(text, "reduced from ");
           into.tokens_that_fit = integer_after(text, " to ");
           into.freed_by_less = rounded(amount_after(text, "need "));
         }},
    // ollama server/sched.go
    Fact{"msg=\"system memory\"",
         [](std::string_view text, Workload& into) {
           into.host_total = rounded(amount_after(text, " total=\""));
           into.host_free = rounded(amount_after(text, " free=\""));
         }},
};

constexpr std::array<std::string_view, 6> kDeaths{" SIGSEGV", "egmentation fault", "core dumped",
                                                  " SIGABRT", "status=11/SEGV",    "status=6/ABRT"};

}  // namespace

std::vector<std::string_view> Servers::marks() const {
  std::vector<std::string_view> marks;
  for (const Fact& fact : kFacts) marks.push_back(fact.mark);
  marks.insert(marks.end(), kDeaths.begin(), kDeaths.end());
  return marks;
}

void Servers::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  Workload workload;
  for (std::size_t i = 0; i < kFacts.size(); ++i) {
    if (marks[i]) kFacts[i].read(line.text, workload);
  }
  if (!workload.empty()) out.take(workload, line);
  for (std::size_t i = kFacts.size(); i < kFacts.size() + kDeaths.size(); ++i) {
    if (marks[i]) return out.died(line);
  }
}

}  // namespace spillway::doctor
