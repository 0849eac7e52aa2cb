// CausalLM: a decoder that turns runs of tokens into logits. One instance serves any number of sequences;
// what it remembers of them lies in the KvCache.
#pragma once

#include <cstdint>
#include <span>

#include "retort/formats/model_config.h"
#include "retort/model/kv_cache.h"
#include "retort/ops/context.h"

namespace retort {

/// One sequence's part of a step: tokens at positions [position, position + tokens.size()).
struct SequenceStep {
  std::span<const int32_t> tokens;  // each in [0, vocab_size)
  int64_t position = 0;             // of tokens[0]; earlier positions are in the cache
  std::span<const int32_t> pages;   // page table that covers position + tokens.size()
  int n_logits = 1;                 // logits are wanted for the last n tokens, 0 <= n <= tokens.size()
};

class CausalLM {
 public:
  virtual ~CausalLM() = default;
  virtual const ModelConfig& config() const = 0;

  /// Writes keys and values of all tokens into the cache and returns logits [sum of n_logits, vocab_size]
  /// (f32, in the context's arena), in the order of the sequences. A sequence's results are the same bits
  /// whatever the other sequences, the split of its tokens over steps, and the number of threads.
  virtual Tensor forward(Context& ctx, std::span<const SequenceStep> sequences, KvCache& cache) const = 0;

  /// Between steps: goes on with what makes later steps faster (Repack::meanwhile), by so many bytes of
  /// weights. False when nothing is left.
  virtual bool settle(Context& /*ctx*/, uint64_t /*bytes*/) { return false; }
  /// Bytes of weights that have memory of their own by now, for reports.
  virtual uint64_t repacked_bytes() const { return 0; }

  /// Bytes of weights held (mapped or repacked), for reports.
  virtual uint64_t weight_bytes() const = 0;

  /// Bytes of weights that a step of n_tokens reads, each once: all matrices, without a separate embedding
  /// table, of which a step reads one row a token. Of a mixture of experts only those that the tokens use, in
  /// expectation (see moe_block.h); Context::expert_load counts what a run really read.
  virtual uint64_t step_bytes(int64_t /*n_tokens*/) const { return weight_bytes(); }
  /// Multiplications and additions of a step's products: for each of n_tokens, with the experts that it uses,
  /// and for each of n_outputs logits. Attention's own products over the context are not in it.
  virtual double step_flops(int64_t n_tokens, int64_t n_outputs) const = 0;
};

}  // namespace retort
