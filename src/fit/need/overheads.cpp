#include "fit/need/overheads.h"

#include <array>

namespace spillway::fit {
namespace {

struct Process {
  Backend backend;
  Range vram;
  Origin vram_origin;
  const char* vram_source;
  Range ram;
  const char* ram_source;
};

// The context grows with the card's multiprocessors, so these are where planning starts and the
// first measured run ends (correction.h). What has been published:
//   107 MiB RTX 4060 Ti, 555 MiB RTX PRO 6000 (llama.cpp PR 23604); 451-456 MiB RTX 4090 (PR 15860);
//   ~500 MiB for a process that holds only a context (llama.cpp 23137); 457 MiB reserved by Ollama;
//   687-695 MiB with PyTorch's libraries on an H200 (`used` less `reserved`, docs/planning.md).
constexpr const char* kContext =
    "CUDA context: 107 MiB (RTX 4060 Ti) to 555 MiB (RTX PRO 6000), 456 MiB on an RTX 4090";
constexpr const char* kTorchContext =
    "CUDA context and libraries: 687 to 695 MiB measured on an H200, less on smaller cards";
constexpr const char* kProgram = "the program and its buffers: 150 MiB in gguf-parser";
constexpr const char* kInterpreter = "interpreter and libraries; not measured";

using enum Backend;
constexpr std::array kProcesses = {
    Process{llama_cpp,
            {107_MiB, 500_MiB, 555_MiB},
            Origin::formula,
            kContext,
            {100_MiB, 150_MiB, 170_MiB},
            kProgram},
    Process{onnxruntime,
            {107_MiB, 500_MiB, 560_MiB},
            Origin::guess,
            kContext,
            {100_MiB, 150_MiB, 170_MiB},
            kInterpreter},
    Process{transformers,
            {107_MiB, 690_MiB, 760_MiB},
            Origin::formula,
            kTorchContext,
            {600_MiB, 900_MiB, 1000_MiB},
            kInterpreter},
    Process{vllm,
            {107_MiB, 690_MiB, 760_MiB},
            Origin::guess,
            kTorchContext,
            {1_GiB, 2_GiB, 2300_MiB},
            kInterpreter},
};

}  // namespace

void add_process(Sum& sum, Backend backend, bool uses_gpu) {
  for (const Process& process : kProcesses) {
    if (process.backend != backend) continue;
    if (uses_gpu) {
      sum.add({PartKind::overhead, Where::vram, "CUDA context and libraries", process.vram,
               process.vram_origin, process.vram_source});
    }
    sum.add({PartKind::overhead, Where::ram, "process", process.ram, Origin::guess,
             process.ram_source});
  }
}

void add_cuda_graphs(Sum& sum) {
  sum.add({PartKind::overhead,
           Where::vram,
           "CUDA graphs",
           {100_MiB, 500_MiB, 560_MiB},
           Origin::guess,
           "grows with the sizes captured; not measured, calibrate"});
}

}  // namespace spillway::fit
