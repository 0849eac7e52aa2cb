// Embedding: the rows of a table for a run of tokens, decoded to f32.
#pragma once

#include <cstdint>
#include <span>

#include "retort/ops/context.h"

namespace retort {

/// table [vocab_size, hidden_size] of any dtype; tokens in [0, vocab_size) -> [tokens, hidden_size] f32.
Tensor embedding(Context& ctx, const TensorView& table, std::span<const int32_t> tokens);

}  // namespace retort
