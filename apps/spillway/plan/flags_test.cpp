#include "plan/flags.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

using fit::Attention;
using fit::TensorType;
using fit::Use;

TEST(Flags, AreTheRuntimesOwn) {
  Use use;
  use.context = 8192;
  use.slots = 2;
  EXPECT_EQ(flags_for("llama.cpp", "m.gguf", use),
            "-m m.gguf -c 8192 -np 2 -ub 512 -ngl 999 -fa on -ctk f16 -ctv f16 --kv-unified");
  EXPECT_EQ(flags_for("ollama", "m", use),
            "OLLAMA_CONTEXT_LENGTH=8192 OLLAMA_NUM_PARALLEL=2 OLLAMA_FLASH_ATTENTION=1 "
            "OLLAMA_KV_CACHE_TYPE=f16");
  use.precision = TensorType::f16;
  EXPECT_EQ(flags_for("vllm", "org/m", use),
            "org/m --max-model-len 8192 --max-num-seqs 2 --gpu-memory-utilization 0.90 "
            "--enforce-eager --dtype float16");
  EXPECT_EQ(flags_for("transformers", "m", use),
            "attn_implementation=sdpa device_map=cuda dtype=float16");
}

TEST(Flags, SayWhatWasChosen) {
  Use use;
  use.gpu_layers = 20;
  use.cache_k = use.cache_v = TensorType::q8_0;
  use.attention = Attention::eager;
  use.experts_on_cpu = true;
  use.mmap = false;
  use.unified_cache = false;
  use.slots = 4;
  EXPECT_EQ(flags_for("llama.cpp", "m.gguf", use),
            "-m m.gguf -c 16384 -np 4 -ub 512 -ngl 20 -fa off -ctk q8_0 -ctv q8_0 "
            "--no-kv-unified --cpu-moe --no-mmap");
  use.on_cpu = true;
  EXPECT_NE(flags_for("llama.cpp", "m.gguf", use)->find("-ngl 0"), std::string::npos);
}

TEST(Flags, ANameIsOneWordOfAShell) {
  EXPECT_EQ(flags_for("llama.cpp", "a b;'c", {})->substr(0, 16), "-m 'a b;'\\''c' -");
}

TEST(Flags, WhatARuntimeCannotBeToldIsAnError) {
  Use use;
  use.cache_k = TensorType::iq4_nl;
  EXPECT_EQ(flags_for("ollama", "m", use).error().code, Errc::unsupported);
  use.precision = TensorType::i8;
  EXPECT_EQ(flags_for("vllm", "m", use).error().code, Errc::unsupported);
  EXPECT_EQ(flags_for("tensorrt", "m", {}).error().code, Errc::invalid);
}

}  // namespace
}  // namespace spillway
