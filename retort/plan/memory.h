// Memory: what a model needs to run, part by part: in this engine, as it allocates, and in a runtime of the
// usual kind on an accelerator. Weights and keys and values are exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/kernels/attention.h"
#include "retort/plan/shape.h"
#include "retort/plan/weights.h"

namespace retort::plan {

/// How keys and values are kept.
using KvType = kernels::KvDType;

/// Whose allocations are counted. `retort`: this engine on a CPU. `device`: a runtime like llama.cpp's on an
/// accelerator, which holds the file's bytes as they are and plans its buffers for the longest step.
enum class Runtime { retort, device };

/// What runs at once.
struct Load {
  int64_t context = 4096;  // positions of each request, prompt and answer together
  int64_t users = 1;       // requests that are held at once
  KvType kv = KvType::bf16;
  int64_t step_tokens = 512;      // tokens of a step of a chunked prefill
  int64_t distinct_tokens = 0;    // looked up in the embedding table; 0: context * users
  int threads = 1;                // of this engine
  int64_t tokenizer_tokens = -1;  // of the vocabulary held in memory; -1: all of the model's
};

struct MemoryPart {
  std::string name;  // "keys and values"
  uint64_t bytes = 0;
  std::string formula;  // how it was obtained, for readers
};

struct MemoryPlan {
  Runtime runtime = Runtime::retort;
  std::vector<MemoryPart> weights;  // group by group; exact
  std::vector<MemoryPart> parts;    // all else
  uint64_t untouched = 0;           // of the embedding table: rows that no token looked up stay in the file

  uint64_t weight_bytes() const;
  uint64_t part_bytes(std::string_view name) const;  // 0: no such part
  /// What must fit.
  uint64_t total() const;
  /// What the process has in memory at its peak as the kernel counts it.
  uint64_t resident() const { return total() - untouched; }
};

/// True for architectures that this build runs; others are planned for as on a device.
bool engine_runs(const ModelShape& shape);

/// Bytes of keys and values of one position in all layers: 2 x layers x kv heads x head_dim x bytes, or with
/// latent attention layers x (kv_lora_rank + qk_rope_head_dim) x bytes; q8 has an f32 scale a head and
/// vector.
uint64_t kv_bytes_per_token(const ModelShape& shape, KvType type);
/// Of one request: whole pages of 32 positions.
uint64_t kv_bytes(const ModelShape& shape, KvType type, int64_t context);

MemoryPlan plan_memory(const ModelShape& shape, const Weights& weights, const Load& load, Runtime runtime);

/// Throws Error bad_input for loads that mean nothing: a context past the model's, no users.
void check(const ModelShape& shape, const Load& load);

}  // namespace retort::plan
