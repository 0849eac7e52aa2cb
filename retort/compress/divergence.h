// Two models read the same held-out texts through the forward that serves, and their distributions of every
// next token are compared: what compression did, before any answer goes wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "retort/base/progress.h"
#include "retort/compress/token_divergence.h"
#include "retort/model/causal_lm.h"
#include "retort/ops/context.h"
#include "retort/text/tokenizer.h"

namespace retort::compress {

/// A text that neither model learnt from. Tokens from `first_predicted` (1 or more) on are predicted.
struct HeldOutDocument {
  std::vector<int32_t> tokens;
  int64_t first_predicted = 1;
};

/// A model with the type of its cache, which loses something too.
struct DivergenceSide {
  const CausalLM& model;
  kernels::KvDType kv = kernels::KvDType::bf16;
};

struct DivergenceHooks {
  std::function<void()> check = [] {};  // between steps; may throw
  ProgressFn progress = {};             // counts tokens
};

/// All tokens of all documents, in their order. Logits are held for a step of tokens at most, whatever the
/// vocabulary. Over the vocabulary that both models have: what one is padded with beyond it is left out.
/// A model against itself gives zeros exactly. Throws Error bad_input for texts without a token to predict,
/// tokens outside the vocabulary and texts longer than a model's positions, and for logits that are not
/// finite, saying where.
Divergence measure_divergence(Context& ctx, DivergenceSide a, DivergenceSide b,
                              std::span<const HeldOutDocument> documents, const DivergenceHooks& hooks = {});

/// Throws Error unsupported if an id that both vocabularies have stands for different bytes.
void require_same_tokens(const Tokenizer& a, const Tokenizer& b);

}  // namespace retort::compress
